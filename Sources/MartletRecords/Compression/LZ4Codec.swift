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
        var created: OpaquePointer?
        guard LZ4F_isError(LZ4F_createDecompressionContext(&created, UInt32(LZ4F_VERSION))) == 0,
            let context = created
        else { throw .codecFailure(.lz4) }
        defer { LZ4F_freeDecompressionContext(context) }
        guard let source = input.baseAddress else { throw .corruptCompressedData(.lz4) }
        var position = 0
        while true {
            let room = try output.reserveOutput(maximumByteCount: maximumByteCount)
            var produced = room.count
            var consumed = input.count - position
            let expected = LZ4F_decompress(
                context, room.baseAddress, &produced, source + position, &consumed, nil)
            guard LZ4F_isError(expected) == 0 else { throw .corruptCompressedData(.lz4) }
            output.didAppend(produced)
            position += consumed
            // A frame ends where nothing more is expected; another may follow.
            if expected == 0, position == input.count, output.count <= maximumByteCount { return }
            // There was room, so no progress means that the input ends too early.
            guard produced > 0 || consumed > 0 else { throw .corruptCompressedData(.lz4) }
        }
    }
}
