import Martlet
import MartletJSON

/// What a customer has ordered.
struct Order: Codable, Equatable, Sendable {
    var number: Int
    var customer: String
    var item: String
    var cents: Int
}

/// That an order was billed.
struct Bill: Codable, Equatable, Sendable {
    var order: Int
    var cents: Int
}

// The two topics: the name, and how keys and values are written. The key is the customer, so that what one
// customer does stays in its order.
let orders = Topic<String, Order>("orders", key: .string, value: .json())
let bills = Topic<String, Bill>("bills", key: .string, value: .json())
