import Logging
import Martlet
import MartletJSON
import MartletTesting
import ServiceLifecycle
import Tracing
import UnixSignals
import XCTest

// The examples of doc comments, each with what it takes for granted. They are compiled, not run: the articles
// and Sources/Examples are.

private struct ClientExamples {
    let client: MartletClient
    let producer: Producer
    let logger: Logger

    func bill(_ order: Order?) async throws {}

    func connecting() async throws {
        let configuration = try ClientConfiguration(bootstrap: "localhost:9092")
        try await MartletClient.with(configuration) { client in
            try await client.admin.createTopic("greetings", partitions: 3)
            try await client.withProducer { producer in
                try await producer.send(ProducerRecord(topic: "greetings", key: "en", value: "hello"))
            }
        }
    }

    func topics() async throws {
        let admin = client.admin
        try await admin.createTopic("orders", partitions: 12, configuration: ["retention.ms": "604800000"])
        for topic in try await admin.listTopics() { print(topic.name, topic.partitions.count) }
    }

    func acls() -> [ACL] {
        let one = ACL(allow: "User:alice", .read, on: .topic("orders"))
        let many = ACL(allow: "User:alice", .read, on: .prefixed(.group, "billing-"))
        return [one, many]
    }

    func patience(_ admin: Admin) async throws -> Int {
        let topics = try await admin.within(.seconds(5)) { admin throws(MartletError) in
            try await admin.listTopics()
        }
        return topics.count
    }

    func services(_ consumer: GroupConsumer, _ orderHandler: any Service) async throws {
        let group = ServiceGroup(
            services: [client, producer, consumer, orderHandler],
            gracefulShutdownSignals: [.sigterm], logger: logger)
        try await group.run()
    }

    func handling(_ consumer: GroupConsumer) async throws {
        let billing = consumer.handling(orders) { message in
            try await bill(message.value)
        }
        let group = ServiceGroup(
            services: [client, producer, billing], gracefulShutdownSignals: [.sigterm], logger: logger)
        try await group.run()
    }
}

private struct ProducerExamples {
    let client: MartletClient
    let producer: Producer

    func running() async throws {
        let producer = try client.makeProducer()
        try await withThrowingTaskGroup { group in
            group.addTask { try await producer.run() }
            let place = try await producer.send(ProducerRecord(topic: "orders", key: "4711", value: "…"))
            print("stored in \(place.partition)")
            try await producer.close()
        }
    }

    func deliveries(of lines: AsyncStream<ProducerRecord>) async throws {
        try await producer.withDeliveries(of: lines) { deliveries in
            for try await delivery in deliveries {
                if case .failure(let error) = delivery.result { print(delivery.position, error) }
            }
        }
    }

    func partitioner(of configuration: inout ProducerConfiguration) {
        configuration.partitioner = RoundRobinPartitioner()
    }

    func record(_ json: String) -> ProducerRecord {
        ProducerRecord(topic: "orders", key: "4711", value: Bytes(json))
    }

    func transaction() async throws {
        try await producer.withTransaction { transaction in
            try await transaction.enqueue(ProducerRecord(topic: "debits", key: "a", value: "100"))
            try await transaction.enqueue(ProducerRecord(topic: "credits", key: "b", value: "100"))
        }
    }
}

private struct ConsumerExamples {
    let client: MartletClient

    func handle(_ record: Record) {}
    func handle(_ partition: TopicPartition, _ offset: Offset, _ value: Bytes?) {}

    func assigned() async throws {
        let consumer = try client.makeConsumer()
        try await consumer.assign(topic: "orders", from: .beginning)
        for try await batch in consumer.batches {
            for record in batch { handle(record) }
        }
    }

    func batches(of consumer: Consumer) async throws {
        for try await batch in consumer.batches {
            for record in batch { handle(batch.partition, record.offset, record.value) }
        }
    }
}

private struct GroupExamples {
    struct Cache {
        func load(_ partitions: [TopicPartition]) async {}
        func store(_ partitions: [TopicPartition]) async {}
    }

    let client: MartletClient
    let producer: Producer
    let cache: Cache

    func bill(_ order: Order?) async throws {}
    func transform(_ record: Record) -> ProducerRecord {
        ProducerRecord(topic: "results", key: record.key, value: record.value)
    }

    func exactlyOnce(_ consumer: GroupConsumer) async throws {
        try await producer.initTransactions()
        while let batch = try await consumer.poll() {
            try await producer.withTransaction(consuming: consumer) { transaction in
                for record in batch { try await transaction.enqueue(transform(record)) }
            }
        }
    }

    func assignor(_ configuration: inout GroupConsumerConfiguration) {
        struct Weighted: PartitionAssignor {
            let name = "weighted"
            func divide(_ group: GroupSubscription) -> [MemberID: Set<TopicPartition>] { byWeight(group) }
        }
        configuration.classicAssignors = [.custom(Weighted())]
    }

    func events(_ consumer: GroupConsumer) async {
        for await event in consumer.events {
            switch event {
            case .assigned(let partitions): await cache.load(partitions)
            case .revoking(let revocation): await cache.store(revocation.partitions)
            case .revoked, .lost: break
            }
        }
    }

    func spans(_ consumer: GroupConsumer) async throws {
        for try await message in consumer.messages(of: orders) {
            try await consumer.withSpan(handling: message) { span in
                try await bill(message.value)
            }
        }
    }
}

private func byWeight(_ group: GroupSubscription) -> [MemberID: Set<TopicPartition>] { [:] }

private struct TypedExamples {
    struct Order: Codable {
        var id: String
        var item: String
    }

    struct Payment: Codable {
        var amount: String
    }

    let producer: Producer
    let consumer: Consumer

    func handle<Value>(_ value: Value) async {}

    func topic(_ order: Order) async throws {
        let orders = Topic<String, Order>("orders", key: .string, value: .json())

        try await producer.send(order, key: "4711", to: orders)
        for try await message in consumer.messages(of: orders) { await handle(message.value) }
    }

    func send(_ order: Order, to orders: Topic<String, Order>) async throws {
        try await producer.send(order, key: order.id, to: orders)
    }

    func rawValues() -> any Sendable {
        struct OrderID: RawRepresentable, Sendable { let rawValue: String }

        let orders = Topic<OrderID, Order>("orders", key: .rawValue(.string), value: .json())
        return orders
    }

    func headers(of record: ConsumerRecord) -> String? {
        let source = record.headers["source"]
        return source
    }

    func topics(_ orders: Topic<String, Order>, _ payments: Topic<String, Payment>) async throws {
        enum Event {
            case order(Message<String, Order>)
            case payment(Message<String, Payment>)
        }

        let events = Topics<Event>()
            .adding(orders, Event.order)
            .adding(payments, Event.payment)
        for try await event in consumer.messages(of: events) {
            switch event {
            case .order(let message): print(message.offset, message.value?.item ?? "gone")
            case .payment(let message): print(message.offset, message.value?.amount ?? "gone")
            }
        }
    }
}

private struct ShareExamples {
    let client: MartletClient

    func work(on record: ShareRecord) async -> Bool { true }

    func queue() async throws {
        let configuration = ShareConsumerConfiguration(group: "workers", topics: "jobs")
        try await client.withShareConsumer(configuration) { consumer in
            for try await batch in consumer.batches {
                for record in batch {
                    consumer.acknowledge(record, await work(on: record) ? .accept : .release)
                }
            }
        }
    }

    func work(on job: String?) async throws -> Bool { true }

    func handling(_ consumer: ShareConsumer, _ jobs: Topic<String, String>) async throws {
        let worker = consumer.handling(jobs) { message in
            try await work(on: message.value) ? .accept : .reject
        }
        try await worker.run()
    }

    func batches(of consumer: ShareConsumer) async throws {
        for try await batch in consumer.batches {
            for record in batch { consumer.acknowledge(record, await work(on: record) ? .accept : .release) }
        }
    }
}

private struct TestingExamples {
    func lending() async throws {
        try await withBroker(topics: ["orders": 3]) { broker in
            try await broker.client.withProducer { producer in
                try await producer.send(
                    ProducerRecord(topic: "orders", key: "4711", value: "two coffees"))
            }
        }
    }

    final class OrderTests: XCTestCase {
        private var broker: TestBroker?

        override func setUp() async throws { broker = try await TestBroker.start() }
        override func tearDown() async throws { try await broker?.shutDown() }
    }
}
