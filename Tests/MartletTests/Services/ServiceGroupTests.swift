import Logging
import Martlet
import MartletCore
import MartletTesting
import ServiceLifecycle
import Synchronization
import Testing

@Suite("Services", .timeLimit(.minutes(2)))
struct ServiceGroupTests {
    private static let settings = [
        "group.initial.rebalance.delay.ms": "0", "group.consumer.heartbeat.interval.ms": "100",
        "group.consumer.min.heartbeat.interval.ms": "100",
    ]

    private static let notes = Topic<String, String>("notes", key: .string, value: .string)
    private static let copies = Topic<String, String>("copies", key: .string, value: .string)

    private func withAddress(_ body: (BrokerAddress) async throws -> Void) async throws {
        try await withBroker(settings: Self.settings) { broker in
            try await MartletClient.with(ClientConfiguration(bootstrapServers: [broker.address])) { client in
                try await client.admin.createTopic("notes", partitions: 1)
                try await client.admin.createTopic("copies", partitions: 1)
            }
            try await body(broker.address)
        }
    }

    private func makeClient(_ address: BrokerAddress) throws -> MartletClient {
        try MartletClient(ClientConfiguration(bootstrapServers: [address]))
    }

    /// Says when the services run: a shutdown before that is nothing to the group.
    private struct Beacon: Service {
        private let started: AsyncStream<Void>
        private let signal: AsyncStream<Void>.Continuation

        init() { (started, signal) = AsyncStream.makeStream(of: Void.self) }

        func run() async throws {
            signal.finish()
            try await gracefulShutdown()
        }

        func wait() async { for await _ in started {} }
    }

    private func serviceGroup(_ services: [any Service]) -> ServiceGroup {
        ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    }

    private func read(_ topic: Topic<String, String>, _ address: BrokerAddress) async throws -> [String] {
        try await MartletClient.with(ClientConfiguration(bootstrapServers: [address])) { client in
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: topic.name, from: .beginning, until: .end)
                var values: [String] = []
                for try await message in consumer.messages(of: topic) { values.append(message.value ?? "") }
                return values
            }
        }
    }

    private func stored(_ address: BrokerAddress) async throws -> Offset? {
        try await MartletClient.with(ClientConfiguration(bootstrapServers: [address])) { client in
            try await client.admin.groupOffsets(of: "g", partitions: [TopicPartition("notes", 0)])[
                TopicPartition("notes", 0)]?.offset
        }
    }

    private func produce(_ count: Int, _ address: BrokerAddress) async throws {
        try await MartletClient.with(ClientConfiguration(bootstrapServers: [address])) { client in
            try await client.withProducer { producer in
                _ = try await producer.send(
                    contentsOf: try (0..<count).map { try Self.notes.record("\($0)", key: "k") })
            }
        }
    }

    @Test("a producer that is shut down delivers what it has")
    func producerDelivers() async throws {
        try await withAddress { address in
            let client = try makeClient(address)
            var configuration = ProducerConfiguration()
            configuration.linger = .seconds(60)
            let producer = try client.makeProducer(configuration)
            let beacon = Beacon()
            let services = serviceGroup([client, producer, beacon])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                await beacon.wait()
                for number in 0..<100 { try await producer.enqueue("\(number)", key: "k", to: Self.notes) }
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
            #expect(try await read(Self.notes, address) == (0..<100).map { "\($0)" })
            await #expect(throws: MartletError.self) { try await producer.enqueue("late", to: Self.notes) }
        }
    }

    @Test("a shutdown in the middle of a record finishes it, stores how far that is, and hands out no more")
    func shutdownWithRecordInHand() async throws {
        try await withAddress { address in
            try await produce(100, address)
            let client = try makeClient(address)
            let producer = try client.makeProducer()
            let consumer = try client.makeGroupConsumer(
                GroupConsumerConfiguration(group: "g", topics: "notes"))
            let (reached, signal) = AsyncStream.makeStream(of: Void.self)
            let (released, release) = AsyncStream.makeStream(of: Void.self)
            let handler = consumer.handling(Self.notes) { message in
                if message.offset == 10 {
                    signal.finish()
                    for await _ in released {}
                }
                // The producer must outlive the consumer for this.
                try await producer.send(message.value ?? "", key: message.key, to: Self.copies)
            }
            let services = serviceGroup([client, producer, handler])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                for await _ in reached {}
                await services.triggerGracefulShutdown()
                release.finish()
                try await group.waitForAll()
            }
            #expect(try await read(Self.copies, address) == (0...10).map { "\($0)" })
            #expect(try await stored(address) == 11)
        }
    }

    @Test(
        "what is finished after the shutdown counts, until nothing is in hand",
        arguments: GroupProtocol.allCases)
    func explicitCompletion(groupProtocol: GroupProtocol) async throws {
        try await withAddress { address in
            try await produce(20, address)
            let client = try makeClient(address)
            var configuration = GroupConsumerConfiguration(group: "g", topics: "notes")
            configuration.groupProtocol = groupProtocol
            configuration.completion = .explicit
            configuration.autoCommitInterval = .seconds(600)
            let consumer = try client.makeGroupConsumer(configuration)
            let services = serviceGroup([client, consumer])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                var records: [ConsumerRecord] = []
                while records.count < 20, let record = try await consumer.nextRecord() {
                    records.append(record)
                }
                await services.triggerGracefulShutdown()
                // Nothing more comes; what is out is waited for.
                for try await _ in consumer.records { Issue.record("a record after the shutdown") }
                #expect(!consumer.assignment.isEmpty)
                for record in records.prefix(15) { consumer.finish(record) }
                #expect(!consumer.assignment.isEmpty)
                for record in records.suffix(5) { consumer.finish(record) }
                try await group.waitForAll()
            }
            #expect(try await stored(address) == 20)
        }
    }

    @Test("a producer that is shut down aborts the transaction that is open")
    func openTransaction() async throws {
        try await withAddress { address in
            let client = try makeClient(address)
            var configuration = ProducerConfiguration()
            configuration.transactionalID = "t"
            let producer = try client.makeProducer(configuration)
            let services = serviceGroup([client, producer])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                try await producer.initTransactions()
                try producer.beginTransaction()
                try await producer.send("never", key: "k", to: Self.notes)
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
            let admin = try makeClient(address)
            defer { admin.close() }
            let open = try await admin.admin.listTransactions().filter { $0.state == .ongoing }
            #expect(open.isEmpty)
        }
    }

    /// Has a producer of its own, for as long as it works.
    private struct Copier: Service {
        let client: MartletClient
        let reached: AsyncStream<Void>.Continuation
        let released: AsyncStream<Void>

        func run() async throws {
            try await client.withProducer { producer in
                let configuration = GroupConsumerConfiguration(group: "g", topics: "notes")
                try await client.withGroupConsumer(configuration) { consumer in
                    for try await message in consumer.messages(of: notes) {
                        reached.finish()
                        for await _ in released {}
                        try await producer.send(message.value ?? "", key: message.key, to: copies)
                    }
                }
            }
        }
    }

    @Test("a producer that belongs to a service serves it until the service is done")
    func lentProducer() async throws {
        try await withAddress { address in
            try await produce(10, address)
            let client = try makeClient(address)
            let (reached, signal) = AsyncStream.makeStream(of: Void.self)
            let (released, release) = AsyncStream.makeStream(of: Void.self)
            let services = serviceGroup([
                client, Copier(client: client, reached: signal, released: released),
            ])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                for await _ in reached {}
                await services.triggerGracefulShutdown()
                release.finish()
                try await group.waitForAll()
            }
            #expect(try await read(Self.copies, address) == ["0"])
            #expect(try await stored(address) == 1)
        }
    }

    /// Reads by a loop of its own, beside the consumer's service.
    private struct Loop: Service {
        let consumer: GroupConsumer
        let seen: @Sendable (ConsumerBatch) async -> Void

        func run() async throws {
            for try await batch in consumer.batches {
                await seen(batch)
                try await consumer.commit()
            }
        }
    }

    @Test("a loop in a service of its own ends by itself, and its last commit counts")
    func loopEnds() async throws {
        try await withAddress { address in
            try await produce(10, address)
            let client = try makeClient(address)
            var configuration = GroupConsumerConfiguration(group: "g", topics: "notes")
            configuration.autoCommitInterval = nil
            let consumer = try client.makeGroupConsumer(configuration)
            let (reached, signal) = AsyncStream.makeStream(of: Void.self)
            let count = Mutex(0)
            let loop = Loop(consumer: consumer) { batch in
                if count.withLock({ count in
                    count += batch.count
                    return count == 10
                }) {
                    signal.finish()
                }
            }
            let services = serviceGroup([client, consumer, loop])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                for await _ in reached {}
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
            #expect(try await stored(address) == 10)
        }
    }

    @Test("a handler that fails ends the services with its error, and its record is not done")
    func handlerFails() async throws {
        struct Refusal: Error {}
        try await withAddress { address in
            try await produce(10, address)
            let client = try makeClient(address)
            let consumer = try client.makeGroupConsumer(
                GroupConsumerConfiguration(group: "g", topics: "notes"))
            let handler = consumer.handling(Self.notes) { message in
                if message.offset == 5 { throw Refusal() }
            }
            await #expect(throws: Refusal.self) { try await serviceGroup([client, handler]).run() }
            #expect(try await stored(address) == 5)
        }
    }

    @Test("cancelling the services ends them at once, whatever they wait for")
    func cancellation() async throws {
        try await withAddress { address in
            let client = try makeClient(address)
            let producer = try client.makeProducer()
            let consumer = try client.makeGroupConsumer(
                GroupConsumerConfiguration(group: "g", topics: "notes"))
            let handler = consumer.handling(Self.notes) { _ in }
            let services = serviceGroup([client, producer, handler])
            let start = ContinuousClock.now
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await services.run() }
                while consumer.assignment.isEmpty, ContinuousClock.now - start < .seconds(30) {
                    try? await Task.sleep(for: .milliseconds(10))
                }
                #expect(!consumer.assignment.isEmpty)
                group.cancelAll()
            }
            #expect(ContinuousClock.now - start < .seconds(60))
        }
    }

    @Test("a shutdown before anything came is as good as any")
    func idleShutdown() async throws {
        try await withAddress { address in
            let client = try makeClient(address)
            let producer = try client.makeProducer()
            let consumer = try client.makeGroupConsumer(
                GroupConsumerConfiguration(group: "g", topics: "notes"))
            let beacon = Beacon()
            let services = serviceGroup([client, producer, consumer.handling(Self.notes) { _ in }, beacon])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                await beacon.wait()
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }
}
