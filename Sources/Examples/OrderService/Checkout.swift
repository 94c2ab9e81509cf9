import Martlet
import ServiceLifecycle

/// Takes orders, as the part of a shop does that faces its customers, and tells the others by an event.
struct Checkout: Service {
    let producer: Producer
    /// Orders to take; nil for one after the other until the end.
    let count: Int?
    /// Time between two.
    let pace: Duration

    private static let customers = ["ada", "grace", "edsger", "barbara"]
    private static let menu = [("coffee", 320), ("tea", 280), ("cake", 450)]

    func run() async throws {
        var number = 0
        while number < count ?? .max, !Task.isShuttingDownGracefully {
            number += 1
            let order = Self.order(number)
            // Returns when the event is stored: from here on the order is not lost.
            let place = try await producer.send(order, key: order.customer, to: orders)
            print("order \(number): \(order.item) for \(order.customer), in \(place.partition)")
            // An order that is being taken is finished when the service is to end, the wait is not.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pace) }
        }
    }

    static func order(_ number: Int) -> Order {
        let (item, cents) = menu[number % menu.count]
        return Order(
            number: number, customer: customers[number % customers.count], item: item, cents: cents)
    }
}
