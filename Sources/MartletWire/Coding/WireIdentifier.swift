package import MartletCore

/// A name or number with a type of its own, which is its raw value on the wire. Numbers without a name keep
/// their value.
package protocol WireIdentifier: WireValue, RawRepresentable where RawValue: WireValue {
    init(rawValue: RawValue)
}

extension WireIdentifier {
    package static var minimumWireSize: Int { RawValue.minimumWireSize }
    package static var initial: Self { Self(rawValue: RawValue.initial) }

    @inline(__always)
    package mutating func code(_ wire: inout WireCoder) throws(WireError) {
        var raw = rawValue
        try raw.code(&wire)
        if wire.mode != .encode { self = Self(rawValue: raw) }
    }
}

extension WireNullable where Self: WireIdentifier, RawValue: WireNullable {
    package static func code(
        _ value: inout Self?, isNullable: Bool, _ wire: inout WireCoder
    ) throws(WireError) {
        var raw = value?.rawValue
        try RawValue.code(&raw, isNullable: isNullable, &wire)
        if wire.mode != .encode { value = raw.map { Self(rawValue: $0) } }
    }
}

extension TopicName: WireIdentifier, WireNullable {}
extension GroupID: WireIdentifier, WireNullable {}
extension MemberID: WireIdentifier, WireNullable {}
extension InstanceID: WireIdentifier, WireNullable {}
extension TransactionalID: WireIdentifier, WireNullable {}
extension ErrorCode: WireIdentifier {}
extension Offset: WireIdentifier {}
extension Timestamp: WireIdentifier {}
extension GenerationID: WireIdentifier {}
extension BrokerID: WireIdentifier {}
extension LeaderEpoch: WireIdentifier {}
extension ProducerID: WireIdentifier {}
extension ProducerEpoch: WireIdentifier {}
extension MemberEpoch: WireIdentifier {}
