import Logging
import Martlet
import MartletJSON
import ServiceLifecycle
import Tracing
import UnixSignals

// The pieces of the article on services, and of docs/observability.md.

private let bills = Topic<String, Payment>("bills", key: .string, value: .json())
private let invoices = Topic<String, Payment>("invoices", key: .string, value: .json())

private struct Services {
    let logger: Logger

    func bill(for order: Order) -> Payment { Payment(cents: order.cents) }
    func bill(_ order: Order?) async throws {}
    func ship(_ order: Order?) async throws {}

    func group() async throws {
        let client = try MartletClient(ClientConfiguration(bootstrap: "localhost:9092"))
        let producer = try client.makeProducer()
        let consumer = try client.makeGroupConsumer(
            GroupConsumerConfiguration(group: "billing", topics: orders.name))
        let billing = consumer.handling(orders) { message in
            guard let order = message.value else { return }
            try await producer.send(bill(for: order), key: message.key, to: bills)
        }
        let services = ServiceGroup(
            services: [client, producer, billing], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        try await services.run()
    }

    func tracing(_ consumer: GroupConsumer) async throws {
        for try await message in consumer.messages(of: orders) {
            try await consumer.withSpan(handling: message) { span in
                span.attributes["order.item"] = message.value?.item
                try await ship(message.value)
            }
        }
    }

    func passingOn(
        _ invoice: Payment, key: String, _ message: Message<String, Order>, _ producer: Producer
    ) async throws {
        try await producer.send(invoice, key: key, to: invoices, headers: message.headers.traceContext)
    }

    func observability(
        _ client: MartletClient, _ producer: Producer, _ consumer: GroupConsumer
    ) async throws {
        let billing = consumer.handling(orders) { message in
            try await bill(message.value)
        }
        let services = ServiceGroup(
            services: [client, producer, billing], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        try await services.run()
    }
}
