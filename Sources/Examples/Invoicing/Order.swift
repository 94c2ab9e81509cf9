import Martlet
import MartletJSON

/// What a customer has ordered.
struct Order: Codable, Equatable, Sendable {
    var customer: String
    var cents: Int
}

/// What a customer is to pay for one order.
struct Invoice: Codable, Equatable, Sendable {
    var customer: String
    var cents: Int
    var taxCents: Int
    /// Where the order stands: tells repeated invoices apart, if there were any.
    var order: String
}

let orders = Topic<String, Order>("invoicing-orders", key: .string, value: .json())
let invoices = Topic<String, Invoice>("invoicing-invoices", key: .string, value: .json())
