import Martlet
import MartletTesting
import Testing

@testable import Invoicing

@Suite("Invoicing")
struct InvoicingTests {
    @Test("writes one invoice for each order, whoever shares the work")
    func workers() async throws {
        try await withBroker { broker in
            let office = Office(client: broker.client)
            try await office.prepare(orders: 200)
            let count = try await office.work(workers: 2, idleTimeout: .seconds(3))
            #expect(count == 200)
            #expect(try await everything(in: invoices, broker.client).count == 200)
        }
    }

    @Test("writes no invoice twice when it is killed, or the broker is, and starts again")
    func faults() async throws {
        try await withBroker { broker in
            let office = Office(client: broker.client)
            try await office.prepare(orders: 300)
            // Killed at some moment or other: the task is cancelled, and the connections are cut.
            for attempt in 1...4 {
                let work = Task { try await office.work(workers: 1, idleTimeout: nil) }
                try await Task.sleep(for: .milliseconds(150 * attempt))
                await broker.cutConnections()
                work.cancel()
                _ = await work.result
                if attempt == 2 { try await broker.restart() }
            }
            _ = try await office.work(workers: 1, idleTimeout: .seconds(3))
            let written = try await everything(in: invoices, broker.client)
            #expect(written.count == 300)
            #expect(Set(written.map(\.order)).count == 300)
        }
    }
}
