internal import CZstd
internal import MartletCore

/// Zstandard frames, with or without their content's size.
enum ZstdCodec {
    static let levels: ClosedRange<Int32> = ZSTD_minCLevel()...ZSTD_maxCLevel()
    static let defaultLevel: Int32 = 3

    static func compress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, level: Int32?
    ) throws(RecordError) {
        guard let context = compressors.take() ?? ZSTD_createCCtx() else { throw .codecFailure(.zstd) }
        defer { compressors.put(context, byteCount: ZSTD_sizeof_CCtx(context)) { ZSTD_freeCCtx($0) } }
        let room = output.reserve(ZSTD_compressBound(input.count))
        let count = ZSTD_compressCCtx(
            context, room.baseAddress, room.count, input.baseAddress, input.count, level ?? defaultLevel
        )
        guard ZSTD_isError(count) == 0 else { throw .codecFailure(.zstd) }
        output.didAppend(count)
    }

    static func decompress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, maximumByteCount: Int
    ) throws(RecordError) {
        guard let context = decompressors.take() ?? ZSTD_createDCtx() else { throw .codecFailure(.zstd) }
        defer { decompressors.put(context, byteCount: ZSTD_sizeof_DCtx(context)) { ZSTD_freeDCtx($0) } }
        // The last user may have left it in the middle of a damaged frame.
        ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        while true {
            let room = try output.reserveOutput(maximumByteCount: maximumByteCount)
            var target = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
            let before = source.pos
            let expected = ZSTD_decompressStream(context, &target, &source)
            guard ZSTD_isError(expected) == 0 else { throw .corruptCompressedData(.zstd) }
            output.didAppend(target.pos)
            // A frame ends where nothing more is expected; another may follow.
            if expected == 0, source.pos == input.count, output.count <= maximumByteCount { return }
            // There was room, so no progress means that the input ends too early.
            guard target.pos > 0 || source.pos > before else { throw .corruptCompressedData(.zstd) }
        }
    }

    /// What the first frame says that it holds; nil if it does not say.
    static func announcedByteCount(_ input: UnsafeRawBufferPointer) -> UInt64? {
        let count = ZSTD_getFrameContentSize(input.baseAddress, input.count)
        // The two largest numbers stand for "not said" and for "not a frame".
        return count < UInt64.max - 1 ? count : nil
    }

    // A context is several hundred KiB up to megabytes: taken anew for each batch, its page faults cost more
    // than a small batch itself.
    private static let compressors = CodecContextPool()
    private static let decompressors = CodecContextPool()
}
