package import MartletCore

/// Cuts a stream of bytes into frames: an int32 length, then as many bytes.
///
/// A frame's bytes are copied once, from the socket's buffer into memory of their own that the response's
/// record data then shares. Large frames have theirs from the pool of blocks.
package struct FrameAssembler {
    private let maximumByteCount: Int
    private var lengthBytes = 0
    private var length: UInt32 = 0
    private var frame: Bytes.Storage?
    /// Bytes of the frame: its memory may be larger.
    private var frameByteCount = 0
    private var filled = 0

    private static let lengthByteCount = 4
    /// Every response begins with its correlation id.
    private static let minimumByteCount = 4

    /// - Parameter maximumByteCount: Largest frame; a larger one is an error before any memory is taken for
    ///   it.
    package init(maximumByteCount: Int) {
        self.maximumByteCount = maximumByteCount
    }

    /// Takes the next bytes of the stream and calls `body` for each frame that they complete.
    package mutating func append(
        _ bytes: UnsafeRawBufferPointer, _ body: (Bytes) -> Void
    ) throws(TransportError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if let frame {
                let count = min(rest.count, frameByteCount - filled)
                UnsafeMutableRawBufferPointer(rebasing: frame.memory[filled..<filled + count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
                filled += count
                rest = rest.dropFirst(count)
                if filled == frameByteCount {
                    self.frame = nil
                    body(Bytes(storage: frame, start: 0, count: filled))
                }
            } else {
                length = length << 8 | UInt32(rest.removeFirst())
                lengthBytes += 1
                if lengthBytes == Self.lengthByteCount { try beginFrame() }
            }
        }
    }

    private mutating func beginFrame() throws(TransportError) {
        let byteCount = Int(Int32(bitPattern: length))
        lengthBytes = 0
        length = 0
        guard byteCount >= Self.minimumByteCount else {
            throw .malformedResponse(api: nil, reason: "frame length \(byteCount); is this a Kafka port?")
        }
        guard byteCount <= maximumByteCount else {
            throw .responseTooLarge(byteCount: byteCount, limit: maximumByteCount)
        }
        frame =
            byteCount < BlockPool.minimumBlockByteCount
            ? Bytes.Storage(capacity: byteCount)
            : Bytes.Storage(memory: BlockPool.shared.take(byteCount), owner: BlockPool.shared)
        frameByteCount = byteCount
        filled = 0
    }
}
