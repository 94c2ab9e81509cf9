/// A value that stands in a message by itself.
package protocol WireValue: Equatable, Sendable {
    /// Fewest bytes that the value takes in any version. At least one, so that a count is always bounded by
    /// the bytes that follow it.
    static var minimumWireSize: Int { get }
    /// What a new element holds before it is read.
    static var initial: Self { get }
    mutating func code(_ wire: inout WireCoder) throws(WireError)
}

extension WireValue {
    package static var minimumWireSize: Int { 1 }
}

/// A value that may be null on the wire.
package protocol WireNullable: WireValue {
    static func code(_ value: inout Self?, isNullable: Bool, _ wire: inout WireCoder) throws(WireError)
}

/// A group of fields, described once for reading, writing and filling.
package protocol WireStruct: WireValue {
    /// All fields at their defaults.
    init()
    /// Hands every field to the coder, in the order of the wire.
    mutating func fields(_ wire: inout WireCoder) throws(WireError)
}

extension WireStruct {
    package static var initial: Self { Self() }

    @inline(__always)
    package mutating func code(_ wire: inout WireCoder) throws(WireError) {
        try fields(&wire)
    }

    /// A struct with some fields set, and the others at their defaults.
    package init<Failure: Error>(_ set: (inout Self) throws(Failure) -> Void) throws(Failure) {
        self.init()
        try set(&self)
    }
}
