import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Transactions and time")
struct TransactionTimeTests {
    private let world = TransactionWorld()

    @Test("a transaction is aborted when its time is up, to the millisecond")
    func timeout() throws {
        let producer = try #require(world.initialize(timeoutMs: 5_000))
        #expect(world.add(producer) == [.none])
        world.pass(3_000)
        #expect(world.add(producer, [1]) == [.none])
        world.crash()
        world.pass(1_999)
        #expect(world.state() == "Ongoing")
        world.pass(1)
        #expect(world.state() == "CompleteAbort")
        #expect(world.markers.values.allSatisfy { $0.count == 1 && !$0[0].isCommit })
        #expect(world.add(producer) == [.producerFenced])
    }

    @Test("a producer of version 2 whose time was up can go on when it has aborted")
    func recovery() throws {
        let producer = try #require(world.initialize(timeoutMs: 5_000))
        #expect(world.add(producer) == [.none])
        world.pass(5_000)
        #expect(world.end(producer, commits: true)?.code == .transactionAbortable)
        #expect(world.end(producer, commits: false) == .init(code: .none, next: producer.bumped))
        #expect(world.add(producer.bumped) == [.none])
        #expect(world.end(producer, commits: false)?.code == .producerFenced)
    }

    @Test("a producer of version 1 whose time was up is fenced until it asks for its next epoch")
    func recoveryOfVersion1() throws {
        let producer = try #require(world.initialize(timeoutMs: 5_000))
        #expect(world.add(producer, version: 3) == [.none])
        world.pass(5_000)
        #expect(world.end(producer, commits: true, version: 3)?.code == .producerFenced)
        #expect(world.end(producer, commits: true, version: 1)?.code == .invalidProducerEpoch)
        #expect(world.initialize("a", producer) == producer.bumped)
        #expect(world.add(producer.bumped, version: 3) == [.none])
    }

    @Test("an unused id is forgotten, one with an open transaction never")
    func expiry() throws {
        let world = TransactionWorld { $0.transactionalIDExpirationMs = 10_000 }
        let used = try #require(world.initialize("used", timeoutMs: 900_000))
        let unused = try #require(world.initialize("unused"))
        world.pass(9_000)
        #expect(world.add(used, to: "used") == [.none])
        world.pass(1_000)
        #expect(world.describe("unused")?.errorCode == .transactionalIDNotFound)
        world.pass(100_000)
        #expect(world.state("used") == "Ongoing")
        world.crash()
        #expect(world.describe("unused")?.errorCode == .transactionalIDNotFound)
        #expect(world.add(unused, to: "unused") == [.invalidProducerIDMapping])
        #expect(world.end(used, commits: true, "used")?.code == ErrorCode.none)
        world.pass(10_000)
        #expect(world.describe("used")?.errorCode == .transactionalIDNotFound)
    }

    @Test("transactions are listed by state, producer, duration and pattern")
    func listing() throws {
        let world = TransactionWorld()
        let open = try #require(world.initialize("orders-1"))
        _ = world.initialize("orders-2")
        let other = try #require(world.initialize("payments"))
        #expect(world.add(open, to: "orders-1") == [.none])
        world.pass(10_000)
        #expect(world.add(other, to: "payments") == [.none])
        func ids(_ change: (inout ListTransactionsRequest) -> Void) -> [String]? {
            let answer = world.ask(
                ListTransactionsRequest(change), 2, TransactionCoordinator.listTransactions)
            return answer?.transactions.map(\.transactionalID.rawValue)
        }
        #expect(ids { _ in } == ["orders-1", "orders-2", "payments"])
        #expect(ids { $0.stateFilters = ["Ongoing"] } == ["orders-1", "payments"])
        #expect(ids { $0.stateFilters = ["Nonsense"] } == [])
        #expect(ids { $0.producerIDFilters = [other.id] } == ["payments"])
        #expect(ids { $0.durationFilterMs = 5_000 } == ["orders-1"])
        #expect(ids { $0.transactionalIDPattern = "orders-.*" } == ["orders-1", "orders-2"])
        #expect(ids { $0.transactionalIDPattern = "" }?.count == 3)
        let request = ListTransactionsRequest {
            $0.stateFilters = ["Nonsense"]
            $0.transactionalIDPattern = "("
        }
        let answer = try #require(world.ask(request, 2, TransactionCoordinator.listTransactions))
        #expect(answer.errorCode == .invalidRegularExpression)
        #expect(answer.unknownStateFilters == ["Nonsense"])
    }
}
