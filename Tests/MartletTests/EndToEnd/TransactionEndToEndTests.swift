import Martlet
import MartletCore
import MartletTesting
import Synchronization
import Testing

@Suite("Transactions against a broker", .timeLimit(.minutes(3)))
struct TransactionEndToEndTests {
    struct Oops: Error {}

    static func withClient<Result: Sendable>(
        _ body: (MartletClient) async throws -> Result
    ) async throws -> Result {
        try await withBroker { broker in
            try await MartletClient.with(ClientConfiguration(bootstrapServers: [broker.address]), body)
        }
    }

    static func transactional(_ id: TransactionalID) -> ProducerConfiguration {
        var configuration = ProducerConfiguration()
        configuration.transactionalID = id
        return configuration
    }

    /// What a reader sees of a topic, sorted.
    static func values(
        of topic: TopicName, _ client: MartletClient, _ isolation: IsolationLevel = .readCommitted
    ) async throws -> [String] {
        var configuration = ConsumerConfiguration()
        configuration.isolationLevel = isolation
        return try await client.withConsumer(configuration) { consumer in
            var values: [String] = []
            try await consumer.assign(topic: topic, from: .beginning, until: .end)
            for try await record in consumer.records {
                values.append(record.value.map(String.init(decoding:)) ?? "null")
            }
            return values.sorted()
        }
    }

    @Test("readers of committed records see all of what was committed, and nothing of what was aborted")
    func outcomes() async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("t", partitions: 3)
            try await client.withProducer(Self.transactional("writer")) { producer in
                for round in 0..<20 {
                    do {
                        try await producer.withTransaction { transaction in
                            for index in 0..<30 {
                                try await transaction.enqueue(
                                    ProducerRecord(
                                        topic: "t", partition: PartitionIndex(index % 3),
                                        value: Bytes("\(round)")))
                            }
                            if round % 3 == 0 { throw Oops() }
                        }
                    } catch is Oops {}
                }
            }
            let committed = (0..<20).filter { $0 % 3 != 0 }.flatMap { Array(repeating: "\($0)", count: 30) }
            #expect(try await Self.values(of: "t", client) == committed.sorted())
            #expect(try await Self.values(of: "t", client, .readUncommitted).count >= committed.count)
        }
    }

    @Test("a second producer with the same id fences the first, and aborts what that has left open")
    func fencing() async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("t")
            let record = ProducerRecord(topic: "t", value: "first")
            try await client.withProducer(Self.transactional("writer")) { first in
                try await first.initTransactions()
                try first.beginTransaction()
                try await first.send(record)
                try await client.withProducer(Self.transactional("writer")) { second in
                    try await second.withTransaction { transaction in
                        try await transaction.send(ProducerRecord(topic: "t", value: "second"))
                    }
                }
                let error = await #expect(throws: MartletError.self) { try await first.commitTransaction() }
                #expect(error?.isFatalToProducer == true, "\(String(describing: error))")
                await #expect(throws: MartletError.self) { try await first.send(record) }
            }
            #expect(try await Self.values(of: "t", client) == ["second"])
        }
    }

    @Test("admin shows transactions and producers, finds nothing hanging, and fences")
    func administration() async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("t", partitions: 2)
            let admin = client.admin
            try await client.withProducer(Self.transactional("writer")) { producer in
                try await producer.initTransactions()
                #expect(try await admin.describeTransaction("writer").state == .empty)
                try producer.beginTransaction()
                try await producer.send(ProducerRecord(topic: "t", partition: 1, value: "x"))

                var filter = TransactionFilter()
                filter.states = [.ongoing]
                filter.pattern = "wr.*"
                let listed = try await admin.listTransactions(filter)
                #expect(listed.map(\.id) == ["writer"])
                filter.openFor = .seconds(3_600)
                #expect(try await admin.listTransactions(filter).isEmpty)

                let partition = TopicPartition("t", 1)
                let described = try await admin.describeTransaction("writer")
                #expect(described.partitions == [partition] && described.startTime != nil)
                let open = try await admin.openTransactions(in: [TopicPartition("t", 0), partition])
                #expect(open.map(\.partition) == [partition] && open.map(\.start) == [0])
                #expect(open.first?.producer.id == described.producerID)
                #expect(try await admin.findHangingTransactions(silentFor: .zero).isEmpty)

                let fenced = try await admin.fenceProducer("writer")
                #expect(fenced.producerEpoch > described.producerEpoch)
                #expect(try await admin.openTransactions(in: [partition]).isEmpty)
                await #expect(throws: MartletError.self) { try await producer.commitTransaction() }
            }
            let unknown = await #expect(throws: MartletError.self) {
                try await admin.describeTransaction("nobody")
            }
            #expect(unknown?.code == .broker(.transactionalIDNotFound))
            #expect(try await Self.values(of: "t", client).isEmpty)
        }
    }

    @Test("a transaction is ended in one partition, whatever its coordinator says, so that readers go on")
    func abortInPlace() async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("t")
            let partition = TopicPartition("t", 0)
            try await client.withProducer(Self.transactional("writer")) { producer in
                try await producer.initTransactions()
                try producer.beginTransaction()
                try await producer.send(ProducerRecord(topic: "t", value: "lost"))
                try await client.withProducer { other in
                    try await other.send(ProducerRecord(topic: "t", value: "behind"))
                }
                #expect(try await Self.values(of: "t", client).isEmpty, "readers wait in front of it")
                let open = try await client.admin.openTransactions(in: [partition])
                try await client.admin.abortTransaction(#require(open.first))
                #expect(try await Self.values(of: "t", client) == ["behind"])
                try? await producer.abortTransaction()
            }
        }
    }

    @Test("what is consumed, changed and produced in transactions comes out exactly once", arguments: [1, 2])
    func exactlyOnce(seed: UInt64) async throws {
        let count = 600
        try await Self.withClient { client in
            try await client.admin.createTopic("in", partitions: 4)
            try await client.admin.createTopic("out", partitions: 3)
            try await client.withProducer { producer in
                try await producer.send(
                    contentsOf: (0..<count).map {
                        ProducerRecord(topic: "in", key: Bytes("\($0)"), value: Bytes("\($0)"))
                    })
            }
            let deadline = ContinuousClock.now + .seconds(60)
            let isDone: @Sendable () async throws -> Bool = {
                try await Self.values(of: "out", client).count >= count || ContinuousClock.now > deadline
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<2 {
                    group.addTask {
                        var life: UInt64 = 0
                        while try await !isDone() {
                            life += 1
                            try await Self.copy(
                                client, TransactionalID("worker-\(worker)"),
                                seed: seed * 1_000 + life * 10 + UInt64(worker))
                        }
                    }
                }
                try await group.waitForAll()
            }
            let copied = try await Self.values(of: "out", client)
            #expect(copied == (0..<count).map { "\($0)" }.sorted(), "seed \(seed)")
        }
    }

    /// Works as a member of the group for a while; fails at random, with its transaction and as a whole.
    private static func copy(_ client: MartletClient, _ id: TransactionalID, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var configuration = GroupConsumerConfiguration(group: "copiers", topics: "in")
        configuration.autoCommitInterval = nil
        configuration.reader.isolationLevel = .readCommitted
        configuration.reader.maximumWait = .milliseconds(20)
        configuration.reader.maximumPartitionFetchBytes = 500
        let polls = Int.random(in: 3...15, using: &random)
        let failures = (0..<polls).map { _ in Int.random(in: 0..<4, using: &random) }
        do {
            try await client.withGroupConsumer(configuration) { consumer in
                try await client.withProducer(transactional(id)) { producer in
                    for failure in failures {
                        guard let batch = try await consumer.poll(within: .milliseconds(200)) else {
                            continue
                        }
                        do {
                            try await producer.withTransaction(consuming: consumer) { transaction in
                                for record in batch {
                                    try await transaction.enqueue(
                                        ProducerRecord(topic: "out", value: record.value))
                                }
                                if failure == 0 { throw Oops() }
                            }
                        } catch is Oops {
                        } catch let error as MartletError where error.isRetriable {}
                    }
                    if failures[0] == 1 { throw Oops() }
                }
            }
        } catch is Oops {
        } catch let error as MartletError {
            // The group's answer to a member that another one's rebalance has overtaken.
            guard !error.isFatalToProducer else { throw error }
        }
    }
}
