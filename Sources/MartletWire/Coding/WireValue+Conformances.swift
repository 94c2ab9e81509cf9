package import MartletCore

extension Bool: WireValue {
    package static var initial: Bool { false }

    package mutating func code(_ wire: inout WireCoder) throws(WireError) {
        switch wire.mode {
        case .decode: self = try wire.readNumber() as Int8 != 0
        case .encode: wire.writeNumber(Int8(self ? 1 : 0))
        case .generate: self = wire.random.oneIn(2)
        }
    }
}

extension WireValue where Self: FixedWidthInteger {
    package static var minimumWireSize: Int { MemoryLayout<Self>.size }
    package static var initial: Self { 0 }

    @inline(__always)
    package mutating func code(_ wire: inout WireCoder) throws(WireError) {
        try wire.number(&self)
    }
}

extension Int8: WireValue {}
extension Int16: WireValue {}
extension Int32: WireValue {}
extension Int64: WireValue {}
extension UInt16: WireValue {}
extension UInt32: WireValue {}

extension Double: WireValue {
    package static var minimumWireSize: Int { MemoryLayout<Self>.size }
    package static var initial: Double { 0 }

    package mutating func code(_ wire: inout WireCoder) throws(WireError) {
        switch wire.mode {
        case .decode: self = Double(bitPattern: try wire.readNumber())
        case .encode: wire.writeNumber(bitPattern)
        case .generate: self = Double(wire.random.number() as Int32) / 8
        }
    }
}

extension TopicID: WireValue {
    package static var minimumWireSize: Int { 16 }
    package static var initial: TopicID { .zero }

    package mutating func code(_ wire: inout WireCoder) throws(WireError) {
        var (high, low) = (high, low)
        try wire.number(&high)
        try wire.number(&low)
        self = TopicID(high: high, low: low)
    }
}

extension String: WireNullable {
    package static var initial: String { "" }

    package mutating func code(_ wire: inout WireCoder) throws(WireError) {
        var text: String? = self
        try wire.string(&text, isNullable: false)
        if wire.mode != .encode, let text { self = text }
    }

    package static func code(
        _ value: inout String?, isNullable: Bool, _ wire: inout WireCoder
    ) throws(WireError) {
        try wire.string(&value, isNullable: isNullable)
    }
}

extension Bytes: WireNullable {
    package static var initial: Bytes { .empty }

    package mutating func code(_ wire: inout WireCoder) throws(WireError) {
        var bytes: Bytes? = self
        try wire.byteString(&bytes, isNullable: false)
        if wire.mode != .encode, let bytes { self = bytes }
    }

    package static func code(
        _ value: inout Bytes?, isNullable: Bool, _ wire: inout WireCoder
    ) throws(WireError) {
        try wire.byteString(&value, isNullable: isNullable)
    }
}
