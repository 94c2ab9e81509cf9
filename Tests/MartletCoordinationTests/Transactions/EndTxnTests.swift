import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("EndTxn and what belongs to a transaction")
struct EndTxnTests {
    private let world = TransactionWorld()

    @Test("all partitions get the outcome, and the client a new epoch", arguments: [false, true])
    func version2(commits: Bool) throws {
        let producer = try #require(world.initialize())
        #expect(world.add(producer, [0, 1]) == [.none, .none])
        #expect(world.add(producer, [1, 2]) == [.none, .none])
        let ended = TransactionWorld.Ended(code: .none, next: producer.bumped)
        #expect(world.end(producer, commits: commits) == ended)
        #expect(world.end(producer, commits: commits) == ended, "a repeated request gets the same answer")
        #expect(world.markers.values.allSatisfy { $0.count == 1 })
        world.crash()
        #expect(world.end(producer, commits: commits) == ended)
        for index in 0...2 as ClosedRange<Int32> {
            let marker = try #require(world.markers[TransactionWorld.partition(index)]?.last)
            #expect(marker.isCommit == commits)
            #expect(marker.epoch == producer.bumped.epoch)
            #expect(marker.isEpochBumped)
        }
        #expect(world.add(producer) == [.producerFenced], "a late request cannot join the next transaction")
        #expect(world.add(producer.bumped) == [.none])
        #expect(world.end(producer, commits: commits)?.code == .producerFenced)
    }

    @Test("clients of version 1 keep their epoch", arguments: [false, true])
    func version1(commits: Bool) throws {
        let producer = try #require(world.initialize())
        #expect(world.end(producer, commits: commits, version: 4)?.code == .invalidTxnState)
        for _ in 0..<2 {
            #expect(world.add(producer, version: 3) == [.none])
            #expect(world.end(producer, commits: commits, version: 4)?.code == ErrorCode.none)
            #expect(world.end(producer, commits: commits, version: 4)?.code == ErrorCode.none)
            #expect(world.end(producer, commits: !commits, version: 4)?.code == .invalidTxnState)
        }
        let markers = try #require(world.markers[TransactionWorld.partition(0)])
        #expect(markers.map(\.isCommit) == [commits, commits])
        #expect(markers.allSatisfy { $0.epoch == producer.epoch && !$0.isEpochBumped })
    }

    @Test("a client of version 2 may abort what is not there, but not commit it")
    func withoutTransaction() throws {
        var producer = try #require(world.initialize())
        #expect(world.end(producer, commits: true)?.code == .invalidTxnState)
        for _ in 0..<3 {
            #expect(world.end(producer, commits: false) == .init(code: .none, next: producer.bumped))
            #expect(world.end(producer, commits: false) == .init(code: .none, next: producer.bumped))
            producer = producer.bumped
            #expect(world.end(producer, commits: true)?.code == .invalidTxnState)
        }
        #expect(world.add(producer) == [.none])
        #expect(world.end(producer, commits: true)?.code == ErrorCode.none)
        #expect(world.end(producer, commits: false)?.code == .invalidTxnState)
        #expect(world.end(producer.bumped, commits: true)?.code == .invalidTxnState)
        #expect(world.end(producer.bumped, commits: false)?.code == ErrorCode.none)
        #expect(world.markers.count == 1)
    }

    @Test("the last epoch of a producer id is for its markers, and the client goes on with another id")
    func exhaustion() throws {
        let last = TransactionalProducer(7, .max - 1)
        world.append(
            TransactionRecord(
                "a",
                TransactionValue {
                    $0.producerID = last.id
                    $0.producerEpoch = last.epoch
                    $0.timeoutMs = 60_000
                    $0.lastUpdateTimestamp = world.now
                }))
        world.crash()
        #expect(world.add(last) == [.none])
        world.markerCode = { _, _ in .kafkaStorageError }
        let ticket = world.submit(world.requestToEnd(last, commits: true), 5, TransactionCoordinator.endTxn)
        world.pass(world.settings.markerPatienceMs)
        let answer: EndTxnResponse = try #require(world.answer(ticket))
        let next = TransactionalProducer(id: answer.producerID, epoch: answer.producerEpoch)
        #expect(answer.errorCode == .none)
        #expect(next.id != last.id)
        #expect(next.epoch == ProducerEpoch(rawValue: 0))
        #expect(world.add(next) == [.concurrentTransactions])
        world.crash()
        world.markerCode = { _, _ in .none }
        #expect(world.end(last, commits: true) == .init(code: .none, next: next))
        #expect(world.markers[TransactionWorld.partition(0)]?.first?.epoch == ProducerEpoch(rawValue: .max))
        #expect(world.add(next) == [.none])
    }

    @Test("the answer comes when the markers are down, or when that takes too long")
    func patience() throws {
        let producer = try #require(world.initialize())
        #expect(world.add(producer, [0, 1]) == [.none, .none])
        let first = world.submit(
            world.requestToEnd(producer, commits: true), 5, TransactionCoordinator.endTxn)
        #expect(world.unsynced.last?.errands.count == 1)
        #expect(world.errands.isEmpty, "no marker before the decision is durable")
        world.sync()
        #expect(world.errands.count == 1)
        #expect(world.answers[first] == nil)
        world.perform(0)
        #expect(world.answers[first] == nil)
        world.sync()
        #expect((world.answer(first) as EndTxnResponse?)?.errorCode == ErrorCode.none)

        #expect(world.add(producer.bumped, [0, 1]) == [.none, .none])
        world.markerCode = { partition, _ in partition.partition == 1 ? .notEnoughReplicas : .none }
        let second = world.submit(
            world.requestToEnd(producer.bumped, commits: true), 5, TransactionCoordinator.endTxn)
        world.pass(world.settings.markerPatienceMs - 1)
        #expect(world.answers[second] == nil)
        world.pass(1)
        #expect((world.answer(second) as EndTxnResponse?)?.errorCode == ErrorCode.none)
        #expect(world.add(producer.bumped.bumped) == [.concurrentTransactions])
        #expect(world.state() == "PrepareCommit")
        world.markerCode = { _, _ in .none }
        world.pass(world.settings.markerRetryMs.upperBound)
        #expect(world.state() == "CompleteCommit")
        #expect(
            world.markers[TransactionWorld.partition(0)]?.count == 2, "only what is missing is written again")
    }

    @Test("the record that a transaction is complete waits for a reason to write")
    func completionRecord() throws {
        var producer = try #require(world.initialize())
        for _ in 0..<3 {
            #expect(world.add(producer) == [.none])
            #expect(world.end(producer, commits: true)?.code == ErrorCode.none)
            #expect(world.state() == "CompleteCommit")
            #expect(world.stored["a"]?.status == .prepareCommit)
            producer = producer.bumped
        }
        #expect(world.log.count == 1 + 3 * 2, "one to begin with, two for each transaction")
        world.pass(world.settings.completionRecordDelayMs)
        #expect(world.stored["a"]?.status == .completeCommit)
        #expect(world.stored["a"]?.partitions == [])
        #expect(world.end(producer, commits: false)?.code == ErrorCode.none)
    }

    @Test("a deleted topic does not hold up the end of a transaction")
    func deletedTopic() throws {
        let producer = try #require(world.initialize())
        #expect(world.add(producer, [0, 1]) == [.none, .none])
        world.markerCode = { partition, _ in partition.partition == 0 ? .unknownTopicOrPartition : .none }
        #expect(world.end(producer, commits: true)?.code == ErrorCode.none)
        #expect(world.state() == "CompleteCommit")
    }

    @Test("what was decided before a crash is carried out after it")
    func crash() throws {
        let producer = try #require(world.initialize())
        #expect(world.add(producer, [0]) == [.none])
        _ = world.submit(world.requestToEnd(producer, commits: true), 5, TransactionCoordinator.endTxn)
        world.crash()
        #expect(world.state() == "Ongoing")
        #expect(world.markers.isEmpty)
        _ = world.submit(world.requestToEnd(producer, commits: true), 5, TransactionCoordinator.endTxn)
        world.crash(keeping: 1)
        world.settle()
        #expect(world.state() == "CompleteCommit")
        #expect(world.markers[TransactionWorld.partition(0)]?.map(\.isCommit) == [true])
        #expect(world.end(producer, commits: true) == .init(code: .none, next: producer.bumped))
    }

    @Test("partitions are part of a transaction once, and can be asked for")
    func partitions() throws {
        let producer = try #require(world.initialize())
        #expect(world.add(producer, [0], verifyOnly: true) == [.transactionAbortable])
        #expect(world.add(producer, [0]) == [.none])
        let length = world.log.count
        #expect(world.add(producer, [0]) == [.none])
        #expect(world.add(producer, [0, 1], verifyOnly: true) == [.none, .transactionAbortable])
        #expect(world.add(producer, [1], version: 4, verifyOnly: true) == [.invalidTxnState])
        #expect(world.log.count == length)
        #expect(world.add(TransactionalProducer(1, 1)) == [.invalidProducerIDMapping])
        #expect(world.add(producer, to: "b") == [.invalidProducerIDMapping])
        #expect(world.add(producer, to: "") == [.invalidRequest])
        #expect(world.add(producer.bumped, version: 1) == [.invalidProducerEpoch])
        #expect(world.add(producer.bumped, version: 2) == [.producerFenced])
    }

    @Test("offsets belong to a transaction by the partition of their group")
    func offsets() throws {
        let producer = try #require(world.initialize())
        let request = AddOffsetsToTxnRequest {
            $0.transactionalID = "a"
            $0.producerID = producer.id
            $0.producerEpoch = producer.epoch
            $0.group = "g"
        }
        #expect(world.ask(request, 4, TransactionCoordinator.addOffsetsToTxn)?.errorCode == ErrorCode.none)
        #expect(world.describe()?.topics.map(\.name) == ["__consumer_offsets"])
        #expect(world.describe()?.topics.map(\.partitions) == [[CoordinatorPartition.of("g", count: 50)]])
    }
}
