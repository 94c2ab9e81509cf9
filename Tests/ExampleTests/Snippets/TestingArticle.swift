import Logging
import Martlet
import MartletTesting
import Testing
import XCTest

// The pieces of the article on testing, as tests that run. `OrderDesk` stands for the service under test.

private struct OrderDesk {
    let bootstrap: String

    func take(_ order: String) async throws {
        try await MartletClient.with(ClientConfiguration(bootstrap: bootstrap)) { client in
            try await client.withProducer { producer in
                try await producer.send(ProducerRecord(topic: "orders", value: Bytes(order)))
            }
        }
    }

    func orders() async throws -> [String] {
        try await MartletClient.with(ClientConfiguration(bootstrap: bootstrap)) { client in
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "orders", from: .beginning, until: .end)
                var orders: [String] = []
                for try await record in consumer.records {
                    orders.append(record.value?.text ?? "")
                }
                return orders
            }
        }
    }
}

@Suite("The article on testing")
struct TestingArticle {
    @Test("an order is there after it was taken")
    func order() async throws {
        try await withBroker(topics: ["orders": 3]) { broker in
            let desk = OrderDesk(bootstrap: broker.bootstrap)
            try await desk.take("two coffees")
            #expect(try await desk.orders() == ["two coffees"])
        }
    }

    @Test("a record can be put there, and looked for, by the broker's own client")
    func client() async throws {
        try await withBroker(topics: ["orders": 1]) { broker in
            try await broker.client.withProducer { producer in
                try await producer.send(ProducerRecord(topic: "orders", value: "tea"))
            }
            #expect(try await OrderDesk(bootstrap: broker.bootstrap).orders() == ["tea"])
        }
    }

    @Test("orders outlive a restart of the broker")
    func restart() async throws {
        try await withBroker(.temporaryDirectory, topics: ["orders": 1]) { broker in
            let desk = OrderDesk(bootstrap: broker.bootstrap)
            try await desk.take("two coffees")
            try await broker.restart()
            #expect(try await desk.orders() == ["two coffees"])
        }
    }

    @Test("orders outlive a power cut", arguments: 1...3 as ClosedRange<UInt64>)
    func powerCut(seed: UInt64) async throws {
        try await withBroker(topics: ["orders": 1]) { broker in
            let desk = OrderDesk(bootstrap: broker.bootstrap)
            try await desk.take("two coffees")
            try await broker.losePower(seed: seed)
            try await broker.start()
            #expect(try await desk.orders() == ["two coffees"])
        }
    }

    @Test("orders are taken although the broker hangs for a while")
    func hanging() async throws {
        try await withBroker(topics: ["orders": 1]) { broker in
            let desk = OrderDesk(bootstrap: broker.bootstrap)
            await broker.pause()
            async let taken: Void = desk.take("two coffees")
            try await Task.sleep(for: .milliseconds(200))
            broker.resume()
            try await taken
            #expect(try await desk.orders() == ["two coffees"])
        }
    }

    @Test("settings and a log of the broker")
    func settings() async throws {
        let logger = Logger(label: "broker")
        try await withBroker(settings: ["log.retention.hours": "1"], logger: logger) { broker in
            try await OrderDesk(bootstrap: broker.bootstrap).take("two coffees")
        }
    }
}

final class OrderTests: XCTestCase {
    private var broker: TestBroker?

    override func setUp() async throws { broker = try await TestBroker.start() }
    override func tearDown() async throws { try await broker?.shutDown() }

    func testAnOrderIsThere() async throws {
        let desk = OrderDesk(bootstrap: try XCTUnwrap(broker).bootstrap)
        try await desk.take("two coffees")
        let orders = try await desk.orders()
        XCTAssertEqual(orders, ["two coffees"])
    }
}
