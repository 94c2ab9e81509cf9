internal import CLZ4
internal import MartletCore

/// LZ4 frames.
enum LZ4Codec {
    /// Up to 2 is the fast method, from 3 on the thorough one; Kafka's scale.
    static let levels: ClosedRange<Int32> = 1...17
    static let defaultLevel: Int32 = 0

    /// Independent blocks of 64 KiB without checksums of their own, as the Java client writes them: it reads
    /// no linked ones.
    static func compress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, level: Int32?
    ) throws(RecordError) {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.blockSizeID = LZ4F_max64KB
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.compressionLevel = level ?? defaultLevel
        let room = output.reserve(LZ4F_compressFrameBound(input.count, &preferences))
        let count = LZ4F_compressFrame(
            room.baseAddress, room.count, input.baseAddress, input.count, &preferences)
        guard LZ4F_isError(count) == 0 else { throw .codecFailure(.lz4) }
        output.didAppend(count)
    }

    static func decompress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, maximumByteCount: Int
    ) throws(RecordError) {
        let context = try takeContext()
        var contextByteCount = 0
        var hasEnded = false
        defer {
            // Of a frame that was not read to its end something stays behind even when the context is reset
            // (LZ4 before 1.10: how much of the announced size is missing), and the next would fail by it.
            if hasEnded {
                contexts.put(context, byteCount: contextByteCount) { LZ4F_freeDecompressionContext($0) }
            } else {
                LZ4F_freeDecompressionContext(context)
            }
        }
        guard let source = input.baseAddress else { throw .corruptCompressedData(.lz4) }
        var position = 0
        contextByteCount = contextSize(forFrameAt: 0, of: input)
        while true {
            let room = try output.reserveOutput(maximumByteCount: maximumByteCount)
            var produced = room.count
            var consumed = input.count - position
            let expected = LZ4F_decompress(
                context, room.baseAddress, &produced, source + position, &consumed, nil)
            guard LZ4F_isError(expected) == 0 else { throw .corruptCompressedData(.lz4) }
            output.didAppend(produced)
            position += consumed
            if expected == 0 {
                // A frame ends where nothing more is expected; another may follow.
                if position == input.count, output.count <= maximumByteCount {
                    hasEnded = true
                    return
                }
                contextByteCount = max(contextByteCount, contextSize(forFrameAt: position, of: input))
            }
            // There was room, so no progress means that the input ends too early.
            guard produced > 0 || consumed > 0 else { throw .corruptCompressedData(.lz4) }
        }
    }

    /// A context that expects the beginning of a frame.
    private static func takeContext() throws(RecordError) -> OpaquePointer {
        if let context = contexts.take() { return context }
        var created: OpaquePointer?
        guard LZ4F_isError(LZ4F_createDecompressionContext(&created, UInt32(LZ4F_VERSION))) == 0,
            let created
        else { throw .codecFailure(.lz4) }
        return created
    }

    /// The most that a context keeps behind a frame with this header, which the library does not tell: two
    /// blocks, and the 128 KiB that a linked block looks back to.
    private static func contextSize(forFrameAt position: Int, of input: UnsafeRawBufferPointer) -> Int {
        // Magic, flags, and a byte whose bits 4 to 6 say how large blocks are: 64 KiB times a power of four.
        guard input.count - position > 5 else { return 0 }
        let code = Int(input[position + 5] >> 4) & 7
        return (2 << (2 * code + 8)) + (128 << 10)
    }

    private static let contexts = CodecContextPool()
}
