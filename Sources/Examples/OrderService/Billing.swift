import Martlet
import ServiceLifecycle

/// Bills each order that it hears of, and tells others by an event of its own.
///
/// Run it in as many processes as you like: they are one group, and share the partitions. An order comes at
/// least once, again for instance if the process dies before its offset is stored; that is why a bill carries
/// the number of its order.
struct Billing {
    let client: MartletClient
    let producer: Producer

    func service() throws -> some Service {
        let configuration = GroupConsumerConfiguration(group: "billing", topics: orders.name)
        return try client.makeGroupConsumer(configuration).handling(orders) { message in
            guard let order = message.value else { return }
            let bill = Bill(order: order.number, cents: order.cents)
            try await producer.send(bill, key: order.customer, to: bills)
            print("bill for order \(bill.order): \(bill.cents) cents")
        }
    }
}
