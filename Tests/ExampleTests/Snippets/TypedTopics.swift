import Martlet
import MartletJSON
import MartletTesting
import Testing

// The pieces of the article on typed topics.

struct Order: Codable, Equatable {
    var item: String
    var cents: Int
}

let orders = Topic<String, Order>("orders", key: .string, value: .json())

struct Payment: Codable, Equatable {
    var cents: Int
}

let payments = Topic<String, Payment>("payments", key: .string, value: .json())

enum Event {
    case order(Message<String, Order>)
    case payment(Message<String, Payment>)
}

struct Celsius: Serde {
    func serialize(_ value: Double, in _: inout SerializationContext) -> Bytes {
        Bytes("\(value) C")
    }
    func deserialize(
        _ bytes: Bytes, in _: SerializationContext
    ) throws(SerializationError) -> Double {
        guard let value = Double(String(decoding: bytes).dropLast(2)) else {
            throw SerializationError("is no temperature")
        }
        return value
    }
}

extension Serde where Self == Celsius {
    static var celsius: Celsius { Celsius() }
}

private struct TypedTopics {
    let producer: Producer

    func ship(_ order: Order?) async {}
    func book(_ payment: Payment?) async {}

    func send() async throws {
        try await producer.send(Order(item: "coffee", cents: 320), key: "ada", to: orders)
    }

    func read(_ consumer: Consumer) async throws {
        for try await message in consumer.messages(of: orders) {
            guard let order = message.value else { continue }
            print("\(message.key ?? ""): \(order.item), at \(message.offset)")
        }
    }

    func sendMany(_ menu: [Order]) async throws {
        let records = try menu.map { order in try orders.record(order, key: "ada") }
        try await producer.enqueue(contentsOf: records)
    }

    func several(_ consumer: GroupConsumer) async throws {
        let events = Topics<Event>()
            .adding(orders, Event.order)
            .adding(payments, Event.payment)
        for try await event in consumer.messages(of: events) {
            switch event {
            case .order(let message): await ship(message.value)
            case .payment(let message): await book(message.value)
            }
        }
    }

    func skip(_ consumer: GroupConsumer) async throws {
        for try await message in consumer.messages(of: orders, undecodable: .skip) {
            await ship(message.value)
        }
    }

    func putAside(_ consumer: GroupConsumer) async throws {
        for try await result in consumer.results(of: orders) {
            switch result {
            case .success(let message): await ship(message.value)
            case .failure(let record):
                try await producer.send(ProducerRecord(forwarding: record, to: "orders-unreadable"))
            }
        }
    }

    func headers(_ order: Order, _ message: Message<String, Order>) async throws -> String? {
        try await producer.send(order, to: orders, headers: [RecordHeader("source", "web")])
        let source = message.headers["source"]
        return source
    }
}

@Test("typed topics work as their article says")
func typedTopics() async throws {
    try await withBroker(topics: ["orders": 2]) { broker in
        try await broker.client.withProducer { producer in
            let steps = TypedTopics(producer: producer)
            try await steps.send()
            try await steps.sendMany([Order(item: "tea", cents: 280)])
        }
        #expect(try await Set(everything(in: orders, broker.client).map(\.item)) == ["coffee", "tea"])
    }
}
