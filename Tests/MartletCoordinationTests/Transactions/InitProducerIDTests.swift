import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("InitProducerId")
struct InitProducerIDTests {
    private let world = TransactionWorld()

    @Test("each incarnation of a producer gets a newer epoch, and fences the one before")
    func incarnations() throws {
        let first = try #require(world.initialize())
        #expect(first.epoch == ProducerEpoch(rawValue: 0))
        let second = try #require(world.initialize())
        #expect(second == first.bumped)
        #expect(world.add(first) == [.producerFenced])
        #expect(world.end(first, commits: true)?.code == .producerFenced)
        #expect(world.add(second) == [.none])
        #expect(world.initialize("b")?.id != first.id)
    }

    @Test("a new incarnation has the transaction of the old one aborted before it gets its epoch")
    func abortsOldTransaction() throws {
        let first = try #require(world.initialize())
        #expect(world.add(first, [0, 1]) == [.none, .none])
        let second = try #require(world.initialize())
        #expect(second == first.bumped.bumped)
        for index in [0, 1] as [Int32] {
            let marker = try #require(world.markers[TransactionWorld.partition(index)]?.first)
            #expect(!marker.isCommit)
            #expect(marker.epoch == first.bumped.epoch)
            #expect(marker.isEpochBumped)
        }
        #expect(world.end(first, commits: true)?.code == .producerFenced)
        #expect(world.end(first, commits: false)?.code == .producerFenced)
    }

    @Test("who waits too long for the abort of an old transaction is told to come again")
    func patience() throws {
        let first = try #require(world.initialize())
        #expect(world.add(first) == [.none])
        world.markerCode = { _, _ in .kafkaStorageError }
        let ticket = world.submit(world.requestToInit(), 5, TransactionCoordinator.initProducerID)
        world.settle()
        #expect(world.answers[ticket] == nil)
        world.pass(world.settings.markerPatienceMs)
        let answer: InitProducerIDResponse? = world.answer(ticket)
        #expect(answer?.errorCode == .concurrentTransactions)
        world.markerCode = { _, _ in .none }
        world.pass(world.settings.markerRetryMs.upperBound)
        #expect(world.state() == "CompleteAbort")
        #expect(world.initialize() == first.bumped.bumped)
    }

    @Test("a producer that asks twice for its next epoch gets the same, also after a crash")
    func repeated() throws {
        let first = try #require(world.initialize())
        let second = try #require(world.initialize("a", first))
        #expect(second == first.bumped)
        #expect(world.initialize("a", first) == second)
        world.crash()
        #expect(world.initialize("a", first) == second)
        #expect(world.add(second) == [.none])
        #expect(world.initialize("a", first) == second, "and does not abort what was begun since")
        #expect(world.state() == "Ongoing")
        #expect(world.initialize("a", second) == second.bumped)
        #expect(world.initialize() == second.bumped.bumped)
        #expect(world.initialize("a", second.bumped) == nil, "a new incarnation has come")
    }

    @Test("when the epochs are used up, there is a new producer id")
    func exhaustion() throws {
        for (id, asks) in [("a", true), ("b", false)] as [(TransactionalID, Bool)] {
            let last = TransactionalProducer(7, .max - 1)
            world.append(
                TransactionRecord(
                    id,
                    TransactionValue {
                        $0.producerID = last.id
                        $0.producerEpoch = last.epoch
                        $0.timeoutMs = 60_000
                        $0.lastUpdateTimestamp = world.now
                    }))
            world.crash()
            let next = try #require(world.initialize(id, asks ? last : nil))
            #expect(next.id != last.id)
            #expect(next.epoch == ProducerEpoch(rawValue: 0))
            #expect(world.initialize(id, last) == (asks ? next : nil))
            #expect(world.add(next, to: id) == [.none])
        }
    }

    @Test("requests that cannot be granted are refused", arguments: [3, 5] as [Int16])
    func refusals(version: Int16) throws {
        func code(_ change: (inout InitProducerIDRequest) -> Void) -> ErrorCode? {
            var request = world.requestToInit()
            change(&request)
            return world.ask(request, version, TransactionCoordinator.initProducerID)?.errorCode
        }
        #expect(code { $0.transactionalID = "" } == .invalidRequest)
        #expect(code { $0.producerID = ProducerID(rawValue: 1) } == .invalidRequest)
        #expect(code { $0.transactionTimeoutMs = 0 } == .invalidTransactionTimeout)
        #expect(code { $0.transactionTimeoutMs = 900_001 } == .invalidTransactionTimeout)
        #expect(code { $0.transactionTimeoutMs = 900_000 } == ErrorCode.none)
        #expect(code { $0.enableTwoPhaseCommit = true } == .transactionalIDAuthorizationFailed)
        let fenced = code {
            $0.producerID = ProducerID(rawValue: 1)
            $0.producerEpoch = ProducerEpoch(rawValue: 1)
        }
        #expect(fenced == (version < 4 ? .invalidProducerEpoch : .producerFenced))
    }

    @Test("requests wait for producer ids, and are told to come again if there are none")
    func producerIDs() throws {
        let first = world.submit(world.requestToInit("a"), 5, TransactionCoordinator.initProducerID)
        let second = world.submit(world.requestToInit("b"), 5, TransactionCoordinator.initProducerID)
        world.sync()
        #expect(world.errands.count == 1)
        #expect(world.answers.isEmpty)
        world.fail(0)
        world.sync()
        for ticket in [first, second] {
            let answer: InitProducerIDResponse? = world.answer(ticket)
            #expect(answer?.errorCode == .coordinatorNotAvailable)
        }
        let ids = (0..<250).compactMap { world.initialize(TransactionalID("\($0)"))?.id }
        #expect(Set(ids).count == 250)
    }

    @Test("a prepared transaction can be left to another incarnation, which ends it")
    func handOver() throws {
        let world = TransactionWorld { $0.isTwoPhaseCommitEnabled = true }
        var request = world.requestToInit(timeoutMs: 0)
        request.enableTwoPhaseCommit = true
        request.keepPreparedTransaction = true
        let made = try #require(world.ask(request, 6, TransactionCoordinator.initProducerID))
        #expect(made.ongoingTransactionProducerID == .none)
        let first = TransactionalProducer(id: made.producerID, epoch: made.producerEpoch)
        #expect(world.add(first) == [.none])
        world.pass(100_000_000)
        #expect(world.state() == "Ongoing", "it has no time-out")
        for _ in 0..<2 { _ = world.ask(request, 6, TransactionCoordinator.initProducerID) }
        world.crash()
        let answer = try #require(world.ask(request, 6, TransactionCoordinator.initProducerID))
        let third = TransactionalProducer(id: answer.producerID, epoch: answer.producerEpoch)
        #expect(third == first.bumped.bumped.bumped)
        #expect(answer.ongoingTransactionProducerID == first.id)
        #expect(answer.ongoingTransactionProducerEpoch == first.epoch)
        #expect(world.add(third) == [.invalidTxnState])
        #expect(world.end(first, commits: true)?.code == .producerFenced)
        #expect(world.end(third, commits: true) == .init(code: .none, next: third.bumped))
        #expect(world.end(third, commits: true) == .init(code: .none, next: third.bumped))
        let marker = try #require(world.markers[TransactionWorld.partition(0)]?.first)
        #expect(marker.isCommit)
        #expect(marker.epoch == first.bumped.epoch)
        #expect(world.add(third.bumped) == [.none])
    }
}
