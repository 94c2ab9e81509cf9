package import MartletCore
package import MartletWire

/// Keys and values of coordinators' records: a 16-bit number, then a message.
package enum RecordBytes {
    /// - Parameter number: The kind of a key, the version of a value.
    package static func encode(
        _ number: Int16, version: Int16 = 0, _ body: some VersionedMessage
    ) throws(WireError) -> Bytes {
        // Only large byte fields stand outside of a message's own bytes, and those are in memory.
        let encoded = try body.encode(version: version).contiguous() ?? []
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count + 2)
        bytes.append(UInt8(truncatingIfNeeded: number >> 8))
        bytes.append(UInt8(truncatingIfNeeded: number))
        bytes += encoded
        return Bytes(bytes)
    }

    /// Takes the number off.
    package static func split(_ bytes: Bytes) throws(WireError) -> (number: Int16, body: Bytes) {
        guard bytes.count >= 2 else { throw .truncated(position: 0, needed: 2, remaining: bytes.count) }
        let number = Int16(bitPattern: UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
        return (number, bytes[2..<bytes.count])
    }

    /// A value in the version that it names; nil for a tombstone.
    package static func decode<Value: VersionedMessage>(_ bytes: Bytes?) throws(WireError) -> Value? {
        guard let bytes else { return nil }
        let (version, body) = try split(bytes)
        return try Value(decoding: body, version: version)
    }
}

extension VersionedMessage {
    func encoded(_ version: Int16) throws(WireError) -> Bytes {
        try RecordBytes.encode(version, version: version, self)
    }
}
