import Martlet
import MartletTesting
import XCTest

// The examples of doc comments, each with what it takes for granted. They are compiled, not run: the articles
// and Sources/Examples are.

private struct ClientExamples {
    func connecting() async throws {
        let configuration = try ClientConfiguration(bootstrap: "localhost:9092")
        try await MartletClient.with(configuration) { client in
            try await client.admin.createTopic("greetings", partitions: 3)
            try await client.withProducer { producer in
                try await producer.send(ProducerRecord(topic: "greetings", key: "en", value: "hello"))
            }
        }
    }
}

private struct AdminExamples {
    let client: MartletClient

    func topics() async throws {
        let admin = client.admin
        try await admin.createTopic("orders", partitions: 12, configuration: ["retention.ms": "604800000"])
        for topic in try await admin.listTopics() { print(topic.name, topic.partitions.count) }
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
    let client: MartletClient
    let producer: Producer

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
