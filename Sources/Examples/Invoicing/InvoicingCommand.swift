import ArgumentParser
import Martlet

/// Consume, transform, produce: reads orders and writes invoices, exactly once.
///
///     swift run Invoicing --orders 1000 --workers 2
///
/// Kill it in the middle and start it again: every order still has exactly one invoice.
@main
struct InvoicingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "Invoicing")

    @Option(help: "The brokers, as host:port.")
    var bootstrap = "127.0.0.1:9092"

    @Option(help: "Orders to write first, so that there is something to do.")
    var orders = 0

    @Option(help: "Workers that share the orders.")
    var workers = 1

    @Option(help: "End when no order has come for so many seconds. (default: never)")
    var idleSeconds: Int?

    func run() async throws {
        try await MartletClient.with(ClientConfiguration(bootstrap: bootstrap)) { client in
            let office = Office(client: client)
            try await office.prepare(orders: orders)
            let count = try await office.work(
                workers: workers, idleTimeout: idleSeconds.map { .seconds($0) })
            print("\(count) invoices written")
        }
    }
}

/// The topics, some orders to begin with, and the workers.
struct Office {
    let client: MartletClient

    func prepare(orders count: Int) async throws {
        try await client.admin.ensureTopics([
            NewTopic(orders.name, partitions: 4), NewTopic(invoices.name, partitions: 4),
        ])
        try await client.withProducer { producer in
            let records = try (0..<count).map { number in
                try orders.record(
                    Order(customer: "customer-\(number % 50)", cents: 100 + number),
                    key: "customer-\(number % 50)")
            }
            try await producer.send(contentsOf: records)
        }
    }

    /// - Returns: How many invoices all workers have written.
    func work(workers: Int, idleTimeout: Duration?) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...max(workers, 1) {
                let writer = InvoiceWriter(
                    client: client, name: "worker-\(number)", idleTimeout: idleTimeout)
                group.addTask { try await writer.run() }
            }
            return try await group.reduce(0, +)
        }
    }
}
