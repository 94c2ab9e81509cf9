package import MartletCore

/// A message in its wire form: bytes of its own, and places where larger bytes belong that are not copied.
///
/// A session writes `pieces` in their order: parts of `bytes`, slices of other memory, and regions that it
/// takes from a file. Together they are `byteCount` long.
package struct EncodedMessage: Sendable {
    /// What stands in a message besides its own bytes.
    package enum Content: Equatable, Sendable {
        /// Memory that the message shares.
        case bytes(Bytes)
        /// Bytes that the sender adds, in the order in which the message names them.
        case external(byteCount: Int)

        package var byteCount: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .external(let byteCount): byteCount
            }
        }
    }

    /// Content that belongs before `bytes[position]`.
    package struct Insertion: Equatable, Sendable {
        package let position: Int
        package let content: Content
    }

    /// One step in sending the message.
    package enum Piece: Equatable, Sendable {
        /// A part of `bytes`.
        case inline(Range<Int>)
        case bytes(Bytes)
        case external(byteCount: Int)
    }

    /// Everything but the insertions.
    package let bytes: [UInt8]
    /// In the order of their positions.
    package let insertions: [Insertion]
    private let insertedByteCount: Int

    /// Bytes of the length in front of a frame.
    package static let frameLengthSize = 4

    init(bytes: [UInt8], insertions: [Insertion], insertedByteCount: Int) {
        self.bytes = bytes
        self.insertions = insertions
        self.insertedByteCount = insertedByteCount
    }

    /// Length of the whole, insertions included.
    package var byteCount: Int { bytes.count + insertedByteCount }

    /// What to send, in order; no piece is empty.
    package var pieces: [Piece] {
        var pieces: [Piece] = []
        pieces.reserveCapacity(2 * insertions.count + 1)
        var sent = 0
        for insertion in insertions {
            if insertion.position > sent {
                pieces.append(.inline(sent..<insertion.position))
                sent = insertion.position
            }
            switch insertion.content {
            case .bytes(let bytes): pieces.append(.bytes(bytes))
            case .external(let byteCount): pieces.append(.external(byteCount: byteCount))
            }
        }
        if sent < bytes.count { pieces.append(.inline(sent..<bytes.count)) }
        return pieces
    }

    /// The message in one array, with copies of the bytes that it shares; nil if a part comes from elsewhere.
    package func contiguous() -> [UInt8]? {
        guard !insertions.isEmpty else { return bytes }
        var whole: [UInt8] = []
        whole.reserveCapacity(byteCount)
        for piece in pieces {
            switch piece {
            case .inline(let range): whole.append(contentsOf: bytes[range])
            case .bytes(let bytes): bytes.withUnsafeBytes { whole.append(contentsOf: $0) }
            case .external: return nil
            }
        }
        return whole
    }
}
