import Martlet
import MartletTesting
import Testing

@testable import OrderService

@Suite("The order service")
struct OrderServiceTests {
    @Test("bills every order that it takes, and ends")
    func orders() async throws {
        try await withBroker { broker in
            let shop = Shop(
                configuration: ClientConfiguration(bootstrapServers: [broker.address]), count: 20,
                pace: .zero)
            try await shop.run()
            let billed = try await everything(in: bills, broker.client)
            #expect(Set(billed.map(\.order)) == Set(1...20))
            #expect(billed.allSatisfy { $0.cents == Checkout.order($0.order).cents })
        }
    }

    @Test("goes on where it was when it starts again")
    func restart() async throws {
        try await withBroker { broker in
            let configuration = ClientConfiguration(bootstrapServers: [broker.address])
            try await Shop(configuration: configuration, count: 5, pace: .zero).run()
            let before = try await everything(in: bills, broker.client).count
            try await broker.restart()
            // The same five numbers again: the ledger knows them all, but billing has new orders to work on.
            try await Shop(configuration: configuration, count: 5, pace: .zero).run()
            let after = try await everything(in: bills, broker.client).count
            #expect(before == 5)
            #expect(after <= 10, "nothing was billed again that was billed before the restart")
        }
    }
}
