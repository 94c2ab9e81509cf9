/// Why bytes are not the message they should be, or why a message cannot become bytes.
///
/// Positions count from the first byte that the coder was given.
package enum WireError: Error, Equatable {
    /// The message announces more than the bytes that follow.
    case truncated(position: Int, needed: Int, remaining: Int)
    /// A length or count is negative where it must not be, or beyond what the form allows.
    case invalidLength(position: Int, length: Int)
    /// Null where this version of the message has no null.
    case unexpectedNull(position: Int)
    /// A variable-length number goes on after 32 bits.
    case malformedVarint(position: Int)
    /// A tagged field is shorter or longer than its value.
    case taggedFieldSize(position: Int, tag: UInt32)
    /// The message ends before its bytes do.
    case trailingBytes(position: Int, count: Int)
    /// Text longer than the 32,767 bytes that every form of a string allows.
    case stringTooLong(byteCount: Int)
    /// A frame longer than its own length field can say.
    case frameTooLong(byteCount: Int)
    /// The message does not exist in this version, as far as we know.
    case unsupportedVersion(message: String, version: Int16)
}

extension WireError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated(let position, let needed, let remaining):
            "needs \(needed) bytes at position \(position), where only \(remaining) remain"
        case .invalidLength(let position, let length):
            "invalid length \(length) at position \(position)"
        case .unexpectedNull(let position):
            "null at position \(position), where this version has no null"
        case .malformedVarint(let position):
            "a variable-length number at position \(position) does not end within 32 bits"
        case .taggedFieldSize(let position, let tag):
            "tagged field \(tag) at position \(position) does not have the size it announces"
        case .trailingBytes(let position, let count):
            "\(count) bytes follow the end of the message at position \(position)"
        case .stringTooLong(let byteCount):
            "a string of \(byteCount) bytes exceeds the protocol's limit of \(WireCoder.longestString)"
        case .frameTooLong(let byteCount):
            "a frame of \(byteCount) bytes exceeds what its length field can say"
        case .unsupportedVersion(let message, let version):
            "\(message) has no version \(version)"
        }
    }
}
