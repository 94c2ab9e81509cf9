/// Where a record stands in a share group.
package struct DeliveryState: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let available = DeliveryState(rawValue: 0)
    package static let acquired = DeliveryState(rawValue: 1)
    package static let acknowledged = DeliveryState(rawValue: 2)
    /// Given up, but not yet copied to the dead-letter topic (KIP-1191).
    package static let archiving = DeliveryState(rawValue: 3)
    package static let archived = DeliveryState(rawValue: 4)
}
