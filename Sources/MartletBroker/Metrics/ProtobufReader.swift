internal import MartletCore

/// Reads the fields of a protocol buffers message, one after the other: as much of that format as metrics of
/// clients need. Sixty lines of our own instead of a package, since six messages of it concern us.
struct ProtobufReader {
    /// A field's number and what it holds.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(Bytes)
    }

    private let bytes: Bytes
    private var position = 0

    init(_ bytes: Bytes) {
        self.bytes = bytes
    }

    /// The next field; nil at the end.
    mutating func next() throws(ProtobufError) -> (field: UInt64, value: Value)? {
        guard position < bytes.count else { return nil }
        let tag = try varint()
        switch tag & 7 {
        case 0: return (tag >> 3, .varint(try varint()))
        case 1: return (tag >> 3, .fixed64(try fixed(8)))
        case 2:
            let count = try varint()
            guard count <= UInt64(bytes.count - position) else { throw .cut(position: position) }
            let start = position
            position += Int(count)
            return (tag >> 3, .bytes(bytes[start..<position]))
        case 5: return (tag >> 3, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        default: throw .unknownWireType(position: position)
        }
    }

    private mutating func varint() throws(ProtobufError) -> UInt64 {
        let start = position
        var next = position
        guard let value = bytes.withUnsafeBytes({ Varint.readUnsigned64($0, at: &next) }) else {
            throw .cut(position: start)
        }
        position = next
        return value
    }

    /// Little endian.
    private mutating func fixed(_ byteCount: Int) throws(ProtobufError) -> UInt64 {
        guard bytes.count - position >= byteCount else { throw .cut(position: position) }
        var value: UInt64 = 0
        for index in 0..<byteCount { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        position += byteCount
        return value
    }
}

/// Why bytes are not a message.
enum ProtobufError: Error, Equatable {
    case cut(position: Int)
    case unknownWireType(position: Int)
    /// More of something than anyone needs.
    case tooMany(String)
}
