package import MartletCore

/// The value of a record in the metadata log: version of the frame, kind and version of the record as
/// unsigned varints, then the record in the flexible form.
package enum RecordFrame {
    package struct Header: Equatable, Sendable {
        package let frameVersion: UInt32
        package let kind: UInt32
        package let version: Int16
    }

    package static func encode(
        frameVersion: UInt32, kind: UInt32, version: Int16, _ body: some VersionedMessage
    ) throws(WireError) -> Bytes {
        var wire = WireCoder(encodingVersion: version, isFlexible: true)
        wire.writeVarint(frameVersion)
        wire.writeVarint(kind)
        wire.writeVarint(UInt32(UInt16(bitPattern: version)))
        try body.write(to: &wire)
        // Only large byte fields stand outside of a message's own bytes, and those are in memory.
        return Bytes(wire.finish().contiguous() ?? [])
    }

    /// Reads what is in front of the record; also says where the record begins.
    package static func decodeHeader(_ bytes: Bytes) throws(WireError) -> (header: Header, bodyStart: Int) {
        var wire = WireCoder(decoding: bytes, version: 0, isFlexible: true)
        let header = Header(
            frameVersion: try wire.readVarint(), kind: try wire.readVarint(),
            version: Int16(truncatingIfNeeded: try wire.readVarint()))
        withExtendedLifetime(bytes) {}
        return (header, wire.position)
    }
}
