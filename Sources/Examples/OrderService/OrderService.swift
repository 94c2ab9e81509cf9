import ArgumentParser
import Logging
import Martlet
import ServiceLifecycle
import UnixSignals

/// A shop of three services that know each other by their events alone: a checkout takes orders, billing
/// bills them, a ledger adds up the bills. Here all three run in one process; in real life each would be one.
///
///     swift run OrderService --orders 20
@main
struct OrderService: AsyncParsableCommand {
    @Option(help: "The brokers, as host:port.")
    var bootstrap = "127.0.0.1:9092"

    @Option(help: "Take so many orders, and end when all are billed. (default: until ^C)")
    var orders: Int?

    @Option(help: "Milliseconds between two orders.")
    var pace = 500

    func run() async throws {
        try await Shop(
            configuration: ClientConfiguration(bootstrap: bootstrap), count: orders,
            pace: .milliseconds(pace)
        ).run()
    }
}

/// The services, and what holds them together.
struct Shop {
    let configuration: ClientConfiguration
    let count: Int?
    let pace: Duration

    func run() async throws {
        let client = try MartletClient(configuration)
        try await createTopics(client)
        let producer = try client.makeProducer()

        // The group ends its services from the last to the first: first nobody takes orders any more, then
        // billing finishes what it has, then the producer delivers what it was given.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: client),
                    .init(service: producer),
                    .init(service: try Billing(client: client, producer: producer).service()),
                    .init(
                        service: Ledger(client: client, count: count),
                        successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(
                        service: Checkout(producer: producer, count: count, pace: pace),
                        successTerminationBehavior: .ignore),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "shop")))
        try await group.run()
    }

    private func createTopics(_ client: MartletClient) async throws {
        try await client.admin.ensureTopics([
            NewTopic(orders.name, partitions: 3), NewTopic(bills.name, partitions: 3),
        ])
    }
}
