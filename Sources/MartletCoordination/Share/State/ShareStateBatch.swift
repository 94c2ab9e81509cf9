package import MartletCore
package import MartletWire

/// What became of a run of records that stand alike.
package struct ShareStateBatch: WireStruct {
    package var firstOffset = Offset()
    /// The last offset of the run, inclusive.
    package var lastOffset = Offset()
    package var deliveryState = DeliveryState()
    package var deliveryCount: Int16 = 0

    package init() {}

    package init(_ first: Offset, _ last: Offset, _ state: DeliveryState, _ deliveryCount: Int16) {
        firstOffset = first
        lastOffset = last
        deliveryState = state
        self.deliveryCount = deliveryCount
    }

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&firstOffset)
        try wire.field(&lastOffset)
        try wire.field(&deliveryState)
        try wire.field(&deliveryCount)
        try wire.taggedFields()
    }

    /// Whether the run has records and an offset behind its last.
    var isValid: Bool {
        firstOffset >= 0 && firstOffset <= lastOffset && lastOffset.rawValue < .max
    }

    func isLike(_ other: ShareStateBatch) -> Bool {
        deliveryState == other.deliveryState && deliveryCount == other.deliveryCount
    }

    /// Of two that speak of the same records, the one that was delivered more often has come further, and so
    /// has of equals the one in the later state: no record ever goes back, in whatever order news arrive.
    func isFurther(than other: ShareStateBatch) -> Bool {
        (deliveryCount, deliveryState.rawValue) > (other.deliveryCount, other.deliveryState.rawValue)
    }

    func part(_ first: Offset, _ last: Offset) -> ShareStateBatch {
        ShareStateBatch(first, last, deliveryState, deliveryCount)
    }
}
