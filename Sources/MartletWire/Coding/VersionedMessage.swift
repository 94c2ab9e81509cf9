package import MartletCore

/// Fields with a version that stands elsewhere: in a request's header, or in front of a record's value.
///
/// One value stands for all versions: what a version lacks keeps its default, and only `fields(_:)` knows
/// about versions.
package protocol VersionedMessage: WireStruct {
    /// Versions that can be read and written.
    static var versions: ClosedRange<Int16> { get }
    /// First version with compact lengths and tagged fields; `Int16.max` where there is none.
    static var flexibleFrom: Int16 { get }
}

extension VersionedMessage {
    /// Reads a body; its byte fields are slices of `bytes`. Any input gives a message or an error.
    ///
    /// - Parameter mayBeLonger: Whether bytes may follow that belong to no field. Some clients send a few
    ///   behind a
    ///   request, and no broker ever minded.
    package init(
        decoding bytes: Bytes, version: Int16, mayBeLonger: Bool = false
    ) throws(WireError) {
        try Self.check(version)
        var wire = WireCoder(decoding: bytes, version: version, isFlexible: version >= Self.flexibleFrom)
        self.init()
        try fields(&wire)
        if !mayBeLonger { try wire.expectEnd() }
        withExtendedLifetime(bytes) {}
    }

    /// The body alone. `RequestFrame` and `ResponseFrame` give what goes to the socket.
    package func encode(version: Int16) throws(WireError) -> EncodedMessage {
        try Self.check(version)
        var wire = WireCoder(encodingVersion: version, isFlexible: version >= Self.flexibleFrom)
        try write(to: &wire)
        return wire.finish()
    }

    /// A message with random values in all fields that the version has; equal seeds give equal messages.
    package static func generate(version: Int16, seed: UInt64) throws(WireError) -> Self {
        try check(version)
        var wire = WireCoder(
            generatingVersion: version, isFlexible: version >= flexibleFrom, seed: seed)
        var message = Self()
        try message.fields(&wire)
        return message
    }

    /// Describes the fields to a coder that writes. Only the description needs a variable; a writing coder
    /// changes nothing.
    func write(to wire: inout WireCoder) throws(WireError) {
        var copy = self
        try copy.fields(&wire)
    }

    static func check(_ version: Int16) throws(WireError) {
        guard versions.contains(version) else {
            throw .unsupportedVersion(message: "\(Self.self)", version: version)
        }
    }
}
