import Martlet
import ServiceLifecycle

/// Adds up the bills, from the first that there is. No group: each start reads all of them.
struct Ledger: Service {
    let client: MartletClient
    /// Orders that are to be billed; nil for no end.
    let count: Int?

    func run() async throws {
        try await client.withConsumer { consumer in
            try await consumer.assign(topic: bills.name, from: .beginning)
            var billed: Set<Int> = []
            var cents = 0
            for try await message in consumer.messages(of: bills) {
                guard let bill = message.value, billed.insert(bill.order).inserted else { continue }
                cents += bill.cents
                print("\(billed.count) orders billed, \(cents) cents in all")
                if billed.count == count { return }
            }
        }
    }
}
