import Martlet
import MartletCore
import MartletWire
import Testing

@testable import Martlet

@Suite("A transactional producer against a model broker", .timeLimit(.minutes(3)))
struct TransactionalProducerTests {
    private static func run(
        level: Int16 = 2, script: (@Sendable (APIKey, Int) -> ModelBroker.Misfortune?)? = nil,
        _ body: (ModelBroker, MartletClient, Producer) async throws -> Void
    ) async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            broker.with { $0.transactions.level = level }
            if let script { broker.with { $0.script = script } }
            var configuration = ProducerConfiguration()
            configuration.transactionalID = "copier"
            configuration.linger = .zero
            configuration.deliveryTimeout = .seconds(5)
            try await client.withProducer(configuration) { try await body(broker, client, $0) }
        }
    }

    private static let record = ProducerRecord(topic: "t", value: "x")

    @Test("an implicit transaction costs no request but the end, which gives the next epoch")
    func implicit() async throws {
        try await Self.run { broker, _, producer in
            for _ in 0..<2 {
                try await producer.withTransaction { transaction in
                    try await transaction.send(Self.record)
                    try await transaction.sendOffsets(
                        [TopicPartition("in", 0): 5],
                        of: GroupMembership(group: "g", member: "m", generation: GenerationID(rawValue: 4)))
                }
            }
            #expect(
                broker.journal == [
                    "init copier", "produce v13 of copier", "offsets v5 of g, member \"m\": in-0 at 5",
                    "commit v5, epoch 0", "produce v13 of copier",
                    "offsets v5 of g, member \"m\": in-0 at 5", "commit v5, epoch 1",
                ])
            let headers = broker.with { $0.topics["t"]?.logs[0].batches.map(\.header) ?? [] }
            #expect(headers.map(\.producerEpoch.rawValue) == [0, 1])
            #expect(headers.allSatisfy { $0.isTransactional && $0.baseSequence == 0 })
        }
    }

    @Test("an explicit transaction adds partitions and groups first, in versions that are taken for it")
    func explicit() async throws {
        try await Self.run(level: 1) { broker, _, producer in
            for _ in 0..<2 {
                try await producer.withTransaction { transaction in
                    try await transaction.enqueue(Self.record)
                    try await transaction.sendOffsets(
                        [TopicPartition("in", 0): 5], of: GroupMembership(group: "g"))
                }
            }
            let one = ["commit v4, epoch 0", "add t-0", "produce v11 of copier"]
            #expect(
                broker.journal.filter { one.contains($0) } == [
                    "add t-0", "produce v11 of copier", "commit v4, epoch 0", "add t-0",
                    "produce v11 of copier",
                    "commit v4, epoch 0",
                ])
            #expect(broker.journal.contains("add group g"))
            #expect(broker.journal.contains("offsets v4 of g, member \"\": in-0 at 5"))
            let headers = broker.with { $0.topics["t"]?.logs[0].batches.map(\.header) ?? [] }
            #expect(headers.map(\.baseSequence) == [0, 1], "the sequence goes on with the epoch")
        }
    }

    struct Oops: Error {}

    @Test("a body that throws aborts, its error comes through, and the next transaction is as good as any")
    func bodyThrows() async throws {
        try await Self.run { broker, _, producer in
            await #expect(throws: Oops.self) {
                try await producer.withTransaction { transaction in
                    try await transaction.send(Self.record)
                    throw Oops()
                }
            }
            try await producer.withTransaction { try await $0.send(Self.record) }
            #expect(
                broker.journal == [
                    "init copier", "produce v13 of copier", "abort v5, epoch 0", "produce v13 of copier",
                    "commit v5, epoch 1",
                ])
        }
    }

    @Test("a cancelled task aborts, although it is cancelled")
    func cancellation() async throws {
        try await Self.run { broker, _, producer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await producer.withTransaction { transaction in
                        try await transaction.send(Self.record)
                        try await Task.sleep(for: .seconds(60))
                    }
                }
                while broker.count(of: .produce) == 0 { try await Task.sleep(for: .milliseconds(2)) }
                group.cancelAll()
                await #expect(throws: (any Error).self) { try await group.next() }
            }
            #expect(broker.journal.last == "abort v5, epoch 0")
        }
    }

    @Test("a record that is refused makes the commit fail, and the transaction abort", arguments: [1, 2])
    func refusedRecord(level: Int16) async throws {
        try await Self.run(level: level) { broker, _, producer in
            broker.with { state in
                state.script = { key, count in
                    key == .produce && count == 0 ? .refuses(.transactionAbortable) : nil
                }
            }
            let error = await #expect(throws: MartletError.self) {
                try await producer.withTransaction { try await $0.enqueue(Self.record) }
            }
            #expect(error?.code == .broker(.transactionAbortable) && error?.isFatalToProducer == false)
            try await producer.withTransaction { try await $0.enqueue(Self.record) }
            let aborted = level == 2 ? "abort v5, epoch 0" : "abort v4, epoch 0"
            #expect(broker.journal.contains(aborted))
            // The refused batch has left a gap, which only a new epoch closes.
            #expect(broker.journal.contains("init copier from epoch 0") == (level == 1))
            #expect(broker.journal.last == (level == 2 ? "commit v5, epoch 1" : "commit v4, epoch 1"))
            #expect(try broker.texts("t") == ["x"])
        }
    }

    @Test("a commit whose answer is lost is asked for again, and recognised", arguments: [1, 2])
    func lostAnswer(level: Int16) async throws {
        try await Self.run(level: level) { broker, _, producer in
            broker.with { state in
                state.script = { key, count in key == .endTxn && count == 0 ? .breaksAfter : nil }
            }
            for _ in 0..<2 {
                try await producer.withTransaction { try await $0.send(Self.record) }
            }
            #expect(try broker.texts("t") == ["x", "x"])
            #expect(broker.count(of: .endTxn) == 3)
        }
    }

    @Test("a commit that is never answered is undecided: it can be asked for again, or left behind")
    func undecided() async throws {
        try await ModelBroker.run({ $0.requestTimeout = .milliseconds(300) }) { broker, client in
            broker.createTopic("t")
            var configuration = ProducerConfiguration()
            configuration.transactionalID = "copier"
            configuration.linger = .zero
            configuration.deliveryTimeout = .seconds(2)
            try await client.withProducer(configuration) { producer in
                for round in 0..<2 {
                    broker.with { $0.script = { key, _ in key == .endTxn ? .staysSilent : nil } }
                    let error = await #expect(throws: MartletError.self) {
                        try await producer.withTransaction { try await $0.send(Self.record) }
                    }
                    #expect(error?.code == .timedOut && error?.message.contains("not known") == true)
                    #expect(throws: MartletError.self) { try producer.beginTransaction() }
                    await #expect(throws: MartletError.self) { try await producer.abortTransaction() }
                    broker.with { $0.script = nil }
                    if round == 0 { try await producer.commitTransaction() }
                }
                // The answers were lost, not the requests: their repetitions were recognised.
                #expect(
                    broker.journal.filter { !$0.hasPrefix("produce") } == [
                        "init copier", "commit v5, epoch 0", "commit v5, epoch 1",
                    ])
                try await producer.withTransaction { try await $0.send(Self.record) }
                #expect(broker.journal.filter { $0 == "init copier" }.count == 2)
            }
        }
    }

    @Test(
        "a coordinator that has to finish something first is asked until it has",
        arguments: [APIKey.initProducerID, .addPartitionsToTxn, .endTxn, .txnOffsetCommit, .addOffsetsToTxn])
    func busyCoordinator(key: APIKey) async throws {
        let codes: [ErrorCode] = [.concurrentTransactions, .coordinatorLoadInProgress, .notCoordinator]
        try await Self.run(level: 1) { asked, count in
            asked == key && count < codes.count ? .refuses(codes[count]) : nil
        } _: { broker, _, producer in
            try await producer.withTransaction { transaction in
                try await transaction.send(Self.record)
                try await transaction.sendOffsets(
                    [TopicPartition("in", 0): 5], of: GroupMembership(group: "g"))
            }
            #expect(broker.count(of: key) == codes.count + 1)
        }
    }

    @Test("a fenced producer says so, and so does all that it is asked for afterwards")
    func fenced() async throws {
        try await Self.run { broker, _, producer in
            try await producer.initTransactions()
            // Another one with the same id, which has ended a transaction since.
            broker.with { state in
                for _ in 0..<2 { _ = state.transactions.bump("copier") }
            }
            for _ in 0..<2 {
                let error = await #expect(throws: MartletError.self) {
                    try await producer.withTransaction { try await $0.send(Self.record) }
                }
                #expect(error?.code == .broker(.producerFenced) && error?.isFatalToProducer == true)
            }
        }
    }

    @Test("records and offsets outside of a transaction are refused, and those of one that has ended")
    func outside() async throws {
        try await Self.run { _, _, producer in
            let early = await #expect(throws: MartletError.self) { try await producer.send(Self.record) }
            #expect(early?.code == .invalidArgument)
            let ended = try await producer.withTransaction { $0 }
            try producer.beginTransaction()
            await #expect(throws: MartletError.self) { try await ended.send(Self.record) }
            try await producer.abortTransaction()
        }
    }

    @Test("closing aborts what is open")
    func closing() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            var configuration = ProducerConfiguration()
            configuration.transactionalID = "copier"
            try await client.withProducer(configuration) { producer in
                try await producer.initTransactions()
                try producer.beginTransaction()
                try await producer.send(Self.record)
            }
            #expect(broker.journal.last == "abort v5, epoch 0")
        }
    }

    @Test("a transactional producer without idempotence is no transactional producer")
    func configuration() async throws {
        try await ModelBroker.run { _, client in
            var configuration = ProducerConfiguration()
            configuration.transactionalID = "copier"
            configuration.acks = .leader
            let error = #expect(throws: MartletError.self) { try client.makeProducer(configuration) }
            #expect(error?.code == .invalidConfiguration)
        }
    }
}
