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
            let written = try await work(office, workers: 2, until: 200, on: broker)
            #expect(written.count == 200)
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
            let written = try await work(office, workers: 1, until: 300, on: broker)
            #expect(written.count == 300)
            #expect(Set(written.map(\.order)).count == 300)
        }
    }

    /// Has the workers work until there are so many invoices, or two minutes are over.
    /// - Returns: The invoices.
    private func work(
        _ office: Office, workers: Int, until count: Int, on broker: TestBroker
    ) async throws -> [Invoice] {
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { try await office.work(workers: workers, idleTimeout: nil) }
            defer { group.cancelAll() }
            let deadline = ContinuousClock.now + .seconds(120)
            var written: [Invoice] = []
            while written.count < count, ContinuousClock.now < deadline {
                written = try await everything(in: invoices, broker.client)
                try await Task.sleep(for: .milliseconds(50))
            }
            return written
        }
    }
}
