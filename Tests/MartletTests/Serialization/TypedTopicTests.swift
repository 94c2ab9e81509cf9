import Martlet
import MartletCore
import MartletJSON
import MartletRecords
import MartletTesting
import Testing

@Suite("Topics with types against a broker", .timeLimit(.minutes(2)))
struct TypedTopicTests {
    struct Order: Codable, Equatable, Sendable {
        var item: String
        var count: Int
    }

    static let orders = Topic<String, Order>("orders", key: .string, value: .json())
    static let payments = Topic<Int64, String>("payments", key: .int64, value: .string)

    enum Event: Sendable {
        case order(Message<String, Order>)
        case payment(Message<Int64, String>)
    }

    private func withClient(_ body: (MartletClient) async throws -> Void) async throws {
        try await withBroker { broker in
            try await MartletClient.with(ClientConfiguration(bootstrapServers: [broker.address])) { client in
                try await client.admin.createTopic("orders", partitions: 1)
                try await client.admin.createTopic("payments", partitions: 1)
                try await body(client)
            }
        }
    }

    @Test("values, keys, headers and tombstones come as they were sent, with their places")
    func roundTrip() async throws {
        try await withClient { client in
            try await client.withProducer { producer in
                let place = try await producer.send(
                    Order(item: "nest", count: 2), key: "a", to: Self.orders,
                    headers: [RecordHeader("source", "test")])
                #expect(place.offset == 0)
                try await producer.enqueue(Order(item: "egg", count: 3), to: Self.orders)
                try await producer.flush()
                try await producer.sendTombstone(key: "a", to: Self.orders)
            }
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "orders", from: .beginning, until: .end)
                var messages: [Message<String, Order>] = []
                for try await message in consumer.messages(of: Self.orders) { messages.append(message) }
                #expect(messages.map(\.key) == ["a", nil, "a"])
                #expect(
                    messages.map(\.value) == [
                        Order(item: "nest", count: 2), Order(item: "egg", count: 3), nil,
                    ])
                #expect(messages.map(\.offset) == [0, 1, 2])
                #expect(messages[0].headers["source"] == "test" && messages[0].partition.topic == "orders")
            }
        }
    }

    @Test("one consumer reads several topics, each with its types")
    func severalTopics() async throws {
        let events = Topics<Event>().adding(Self.orders, Event.order).adding(Self.payments, Event.payment)
        #expect(events.names == ["orders", "payments"])
        try await withClient { client in
            try await client.withProducer { producer in
                try await producer.send(Order(item: "nest", count: 2), key: "a", to: Self.orders)
                try await producer.send("12.50", key: 7, to: Self.payments)
            }
            let configuration = GroupConsumerConfiguration(
                group: "g", subscription: .topics(events.names))
            try await client.withGroupConsumer(configuration) { consumer in
                var seen: Set<String> = []
                for try await event in consumer.messages(of: events) {
                    switch event {
                    case .order(let message): seen.insert("\(message.key ?? "") \(message.value?.item ?? "")")
                    case .payment(let message): seen.insert("\(message.key ?? 0) \(message.value ?? "")")
                    }
                    if seen.count == 2 { break }
                }
                #expect(seen == ["a nest", "7 12.50"])
            }
        }
    }

    /// Good, bad, good.
    private func produceWithOneBad(_ client: MartletClient) async throws {
        try await client.withProducer { producer in
            try await producer.send(Order(item: "one", count: 1), key: "a", to: Self.orders)
            try await producer.send(ProducerRecord(topic: "orders", key: "b", value: "no json"))
            try await producer.send(Order(item: "three", count: 3), key: "c", to: Self.orders)
        }
    }

    @Test("a record that cannot be read ends the loop with its place; the next loop goes on behind it")
    func fail() async throws {
        try await withClient { client in
            try await produceWithOneBad(client)
            let configuration = GroupConsumerConfiguration(group: "g", topics: "orders")
            try await client.withGroupConsumer(configuration) { consumer in
                var items: [String?] = []
                let error = await #expect(throws: MartletError.self) {
                    for try await message in consumer.messages(of: Self.orders) {
                        items.append(message.value?.item)
                    }
                }
                #expect(items == ["one"] && error?.code == .deserializationFailed)
                let bad = try #require(error?.undecodableRecord)
                #expect(bad.offset == 1 && bad.partition == TopicPartition("orders", 0) && bad.part == .value)
                #expect(bad.record.value == "no json")
                #expect(error?.message.contains("the value of the record at offset 1 of orders-0") == true)
                for try await message in consumer.messages(of: Self.orders) {
                    #expect(message.value?.item == "three")
                    break
                }
            }
        }
    }

    @Test("without a group too, the next loop goes on where the last one was broken off")
    func breakingOff() async throws {
        try await withClient { client in
            try await produceWithOneBad(client)
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "orders", from: .beginning, until: .end)
                let error = await #expect(throws: MartletError.self) {
                    for try await _ in consumer.messages(of: Self.orders) {}
                }
                #expect(error?.undecodableRecord?.offset == 1)
                for try await record in consumer.records {
                    #expect(record.offset == 2)
                    consumer.seek(record.partition, to: .offset(0))
                    break
                }
                // Whoever seeks in the loop gets what he asked for.
                for try await record in consumer.records {
                    #expect(record.offset == 0)
                    break
                }
            }
        }
    }

    @Test("an error that ends the member leaves the record to the next one")
    func failAndLeave() async throws {
        try await withClient { client in
            try await produceWithOneBad(client)
            let configuration = GroupConsumerConfiguration(group: "g", topics: "orders")
            for _ in 0..<2 {
                let error = await #expect(throws: MartletError.self) {
                    try await client.withGroupConsumer(configuration) { consumer in
                        for try await _ in consumer.messages(of: Self.orders) {}
                    }
                }
                #expect(error?.undecodableRecord?.offset == 1)
            }
        }
    }

    @Test("records that cannot be read are skipped, or come as failures, if that is wanted")
    func otherPolicies() async throws {
        try await withClient { client in
            try await produceWithOneBad(client)
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "orders", from: .beginning, until: .end)
                var items: [String?] = []
                for try await message in consumer.messages(of: Self.orders, undecodable: .skip) {
                    items.append(message.value?.item)
                }
                #expect(items == ["one", "three"])
                try await consumer.assign(topic: "orders", from: .beginning, until: .end)
                var results: [Int64] = []
                for try await result in consumer.results(of: Self.orders) {
                    switch result {
                    case .success(let message): results.append(message.offset.rawValue)
                    case .failure(let bad): results.append(-bad.offset.rawValue)
                    }
                }
                #expect(results == [0, -1, 2])
                try await consumer.assign(topic: "orders", from: .beginning, until: .end)
                let batch = try #require(try await consumer.poll())
                #expect(batch.results(of: Self.orders).count == batch.count)
                #expect(throws: MartletError.self) { try batch.messages(of: Self.payments) }
            }
        }
    }

    @Test("values that cannot be written fail before anything is sent, in transactions too")
    func unwritable() async throws {
        struct Broken: Serde {
            func serialize(
                _ value: String, in context: inout SerializationContext
            ) throws(SerializationError) -> Bytes {
                guard value != "bad" else { throw SerializationError("is bad") }
                return Bytes(value)
            }
            func deserialize(_ bytes: Bytes, in _: SerializationContext) -> String { String(decoding: bytes) }
        }
        let topic = Topic("orders", value: Broken())
        try await withClient { client in
            var configuration = ProducerConfiguration()
            configuration.transactionalID = "t"
            try await client.withProducer(configuration) { producer in
                let error = await #expect(throws: MartletError.self) {
                    try await producer.withTransaction { transaction in
                        try await transaction.send("good", to: topic)
                        try await transaction.enqueue("bad", to: topic)
                    }
                }
                #expect(error?.code == .serializationFailed)
                #expect(error?.message == "the value of a record for topic orders is bad")
                try await producer.withTransaction { transaction in
                    try await transaction.enqueue("better", to: topic)
                }
            }
            var reading = ConsumerConfiguration()
            reading.isolationLevel = .readCommitted
            try await client.withConsumer(reading) { consumer in
                try await consumer.assign(topic: "orders", from: .beginning, until: .end)
                var values: [String?] = []
                for try await message in consumer.messages(of: topic) { values.append(message.value) }
                #expect(values == ["better"])
            }
        }
    }
}
