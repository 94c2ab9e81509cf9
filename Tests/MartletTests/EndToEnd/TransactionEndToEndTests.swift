import Martlet
import MartletCore
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@testable import Martlet

@Suite("Transactions against a broker", .timeLimit(.minutes(3)))
struct TransactionEndToEndTests {
    struct Oops: Error {}

    /// - Parameter level: Of `transaction.version`: 2 unless an operator has said otherwise.
    static func withClient<Result: Sendable>(
        level: Int16 = 2, _ body: (MartletClient) async throws -> Result
    ) async throws -> Result {
        try await withBroker { broker in
            try await MartletClient.with(ClientConfiguration(bootstrapServers: [broker.address])) { client in
                if level < 2 { try await lower(to: level, client) }
                return try await body(client)
            }
        }
    }

    private static func lower(to level: Int16, _ client: MartletClient) async throws {
        let request = UpdateFeaturesRequest { request in
            request.featureUpdates = [
                UpdateFeaturesRequest.FeatureUpdate { update in
                    update.feature = "transaction.version"
                    update.maxVersionLevel = level
                    update.upgradeType = .safeDowngrade
                    update.allowDowngrade = true
                }
            ]
        }
        let response = try await client.send(request, to: .controller, doing: "lowering the level")
        #expect(response.errorCode == .none && response.results.allSatisfy { $0.errorCode == .none })
    }

    static func transactional(_ id: TransactionalID) -> ProducerConfiguration {
        var configuration = ProducerConfiguration()
        configuration.transactionalID = id
        // In version 1 a transaction that outlives it fences its producer, and a busy machine can be slow.
        configuration.transactionTimeout = .seconds(300)
        return configuration
    }

    /// What a reader sees of a topic, sorted.
    static func values(
        of topic: TopicName, _ client: MartletClient, _ isolation: Martlet.IsolationLevel = .readCommitted
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

    @Test(
        "readers of committed records see all of what was committed, and nothing of what was aborted",
        arguments: [1, 2])
    func outcomes(level: Int16) async throws {
        try await Self.withClient(level: level) { client in
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

    @Test(
        "a second producer with the same id fences the first, and aborts what that has left open",
        arguments: [1, 2])
    func fencing(level: Int16) async throws {
        try await Self.withClient(level: level) { client in
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

    @Test("a member waits for the transaction that is about to store where it goes on", arguments: [1, 2])
    func stableOffsets(level: Int16) async throws {
        try await Self.withClient(level: level) { client in
            try await client.admin.createTopic("in")
            try await client.withProducer { producer in
                try await producer.send(
                    contentsOf: (0..<10).map { ProducerRecord(topic: "in", value: Bytes("\($0)")) })
            }
            var group = GroupConsumerConfiguration(group: "g", topics: "in")
            group.autoCommitInterval = nil
            try await client.withProducer(Self.transactional("writer")) { producer in
                try await producer.initTransactions()
                try producer.beginTransaction()
                try await producer.sendOffsets([TopicPartition("in", 0): 7], of: GroupMembership(group: "g"))
                try await client.withGroupConsumer(group) { consumer in
                    #expect(try await consumer.poll(within: .milliseconds(700)) == nil)
                    try await producer.commitTransaction()
                    let batch = try await consumer.poll(within: .seconds(30))
                    #expect(batch?.firstOffset == 7)
                }
            }
        }
    }

    @Test(
        "a transaction that was open for too long is over, and its producer goes on if it can",
        arguments: [1, 2])
    func timeout(level: Int16) async throws {
        try await Self.withClient(level: level) { client in
            try await client.admin.createTopic("t", partitions: 2)
            var configuration = Self.transactional("writer")
            configuration.transactionTimeout = .seconds(2)
            let again = ProducerRecord(topic: "t", value: "again")
            for sendsMore in [false, true] {
                try await client.withProducer(configuration) { producer in
                    let error = await #expect(throws: MartletError.self) {
                        try await producer.withTransaction { transaction in
                            try await transaction.send(
                                ProducerRecord(topic: "t", partition: 0, value: "late"))
                            while try await client.admin.describeTransaction("writer").state == .ongoing {
                                try await Task.sleep(for: .milliseconds(50))
                            }
                            guard sendsMore else { return }
                            // One that knows of the end by its marker, and one that has to be told.
                            for index in [1, 0] as [PartitionIndex] {
                                try await transaction.enqueue(
                                    ProducerRecord(topic: "t", partition: index, value: "later"))
                            }
                        }
                    }
                    // Without an epoch of its own for each transaction nobody could tell it from a zombie.
                    #expect(error?.isFatalToProducer == (level == 1), "\(String(describing: error))")
                    guard level == 2 else { return }
                    try await producer.withTransaction { try await $0.send(again) }
                }
                guard level == 1 else { continue }
                try await client.withProducer(Self.transactional("writer")) { producer in
                    try await producer.withTransaction { try await $0.send(again) }
                }
            }
            #expect(try await Self.values(of: "t", client) == ["again", "again"])
        }
    }

    @Test("a consumer that stores offsets by itself is no consumer for transactions")
    func automaticCommits() async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("in")
            let group = GroupConsumerConfiguration(group: "g", topics: "in")
            try await client.withGroupConsumer(group) { consumer in
                try await client.withProducer(Self.transactional("writer")) { producer in
                    let error = await #expect(throws: MartletError.self) {
                        try await producer.withTransaction(consuming: consumer) { _ in }
                    }
                    #expect(error?.code == .invalidConfiguration)
                }
            }
        }
    }

    @Test(
        "what is consumed, changed and produced in transactions comes out exactly once",
        arguments: [(1, 1), (2, 2), (3, 2)])
    func exactlyOnce(seed: UInt64, level: Int16) async throws {
        let count = 600
        try await Self.withClient(level: level) { client in
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
        let isOneByOne = Bool.random(using: &random)
        let polls = Int.random(in: 3...15, using: &random)
        let failures = (0..<polls).map { _ in Int.random(in: 0..<4, using: &random) }
        do {
            try await client.withGroupConsumer(configuration) { consumer in
                try await client.withProducer(transactional(id)) { producer in
                    for failure in failures {
                        do {
                            try await producer.withTransaction(consuming: consumer) { transaction in
                                try await copySome(consumer, transaction, oneByOne: isOneByOne)
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

    /// Several polls, or a few single records.
    private static func copySome(
        _ consumer: GroupConsumer, _ transaction: Transaction, oneByOne: Bool
    ) async throws {
        func copy(_ record: Record) async throws {
            try await transaction.enqueue(ProducerRecord(topic: "out", value: record.value))
        }
        if oneByOne {
            for _ in 0..<7 {
                guard let next = try await consumer.nextRecord(within: .milliseconds(100)) else { return }
                try await copy(next.record)
            }
        } else {
            for _ in 0..<3 {
                guard let batch = try await consumer.poll(within: .milliseconds(100)) else { return }
                for record in batch { try await copy(record) }
            }
        }
    }
}
