package import MartletCore

/// The records of one partition in a Produce request or a Fetch response: record batches, not looked into
/// here.
package enum RecordSet: Hashable, Sendable {
    /// Null on the wire.
    case none
    /// Batches in memory; after decoding a slice of the receive buffer.
    case bytes(Bytes)
    /// Batches that whoever sends the message adds from elsewhere, such as a region of a segment file.
    /// Decoding never gives this.
    case external(byteCount: Int)

    /// Bytes of record batches.
    package var byteCount: Int {
        switch self {
        case .none: 0
        case .bytes(let bytes): bytes.count
        case .external(let byteCount): byteCount
        }
    }
}

extension WireCoder {
    /// Record batches as bytes with a length in front.
    ///
    /// - Parameter isNullable: whether this message has null for "no records" in any version.
    package mutating func field(_ records: inout RecordSet, isNullable: Bool = true) throws(WireError) {
        expectNoTaggedFields()
        switch mode {
        case .decode:
            records = try readBytes(isNullable: isNullable).map(RecordSet.bytes) ?? .none
        case .encode:
            switch records {
            case .none:
                try writeLength(nil, .int32, isNullable: isNullable)
            case .bytes(let bytes):
                try writeLength(bytes.count, .int32, isNullable: isNullable)
                write(bytes)
            case .external(let byteCount):
                precondition(byteCount >= 0, "records outside of the message cannot have a negative size")
                try writeLength(byteCount, .int32, isNullable: isNullable)
                if byteCount > 0 { output.insert(.external(byteCount: byteCount)) }
            }
        case .generate:
            records = isNullable && random.oneIn(4) ? .none : .bytes(random.bytes())
        }
    }
}
