package import MartletCore

/// Structures that stand for themselves, in a record of an internal log and not in a request.
extension WireStruct {
    /// Reads a structure in the flexible form that fills the bytes.
    package init(standalone bytes: Bytes, version: Int16 = 0) throws(WireError) {
        var wire = WireCoder(decoding: bytes, version: version, isFlexible: true)
        self.init()
        try fields(&wire)
        try wire.expectEnd()
        withExtendedLifetime(bytes) {}
    }

    /// The structure in the flexible form.
    package func encodedStandalone(version: Int16 = 0) throws(WireError) -> [UInt8] {
        var wire = WireCoder(encodingVersion: version, isFlexible: true)
        var copy = self
        try copy.fields(&wire)
        // Only large byte fields stand outside of the message's own bytes, and they are in memory.
        return wire.finish().contiguous() ?? []
    }
}

/// The value of a record in the metadata log: frame version, kind and version of the record as unsigned varints, then
/// the record in the flexible form.
package enum RecordFrame {
    package struct Header: Equatable, Sendable {
        package let frameVersion: UInt32
        package let kind: UInt32
        package let version: UInt32
    }

    package static func encode(
        version frameVersion: UInt32, kind: UInt32, _ body: some WireStruct
    ) throws(WireError) -> Bytes {
        var wire = WireCoder(encodingVersion: 0, isFlexible: true)
        wire.writeVarint(frameVersion)
        wire.writeVarint(kind)
        wire.writeVarint(0)
        let head = wire.finish().contiguous() ?? []
        return Bytes(head + (try body.encodedStandalone()))
    }

    /// Reads what is in front of the record; also says where the record begins.
    package static func header(of bytes: Bytes) throws(WireError) -> (header: Header, bodyStart: Int) {
        var wire = WireCoder(decoding: bytes, version: 0, isFlexible: true)
        let header = Header(
            frameVersion: try wire.readVarint(), kind: try wire.readVarint(),
            version: try wire.readVarint()
        )
        withExtendedLifetime(bytes) {}
        return (header, wire.position)
    }
}
