internal import CZlib
internal import MartletCore

/// gzip members by zlib.
enum GzipCodec {
    static let levels: ClosedRange<Int32> = 1...9
    static let defaultLevel: Int32 = 6

    static func compress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, level: Int32?
    ) throws(RecordError) {
        let level = level ?? defaultLevel
        guard levels.contains(level) else { throw .codecFailure(.gzip) }
        let pool = deflaters[Int(level - levels.lowerBound)]
        guard let stream = pool.take().map({ ZlibStream(idle: $0) }) ?? ZlibStream(deflatingAt: level)
        else {
            throw .codecFailure(.gzip)
        }
        defer {
            pool.put(stream.pointer, byteCount: ZlibStream.byteCount) {
                ZlibStream(idle: $0).endDeflating()
            }
        }
        guard deflateReset(stream.state) == Z_OK else { throw .codecFailure(.gzip) }
        let room = output.reserve(Int(deflateBound(stream.state, uLong(input.count))))
        guard let inputCount = UInt32(exactly: input.count), let roomCount = UInt32(exactly: room.count)
        else {
            throw .batchTooLarge
        }
        stream.setInput(input, count: inputCount)
        stream.setOutput(room, count: roomCount)
        guard deflate(stream.state, Z_FINISH) == Z_STREAM_END else { throw .codecFailure(.gzip) }
        output.didAppend(Int(roomCount - stream.roomLeft))
    }

    static func decompress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, maximumByteCount: Int
    ) throws(RecordError) {
        guard let inputCount = UInt32(exactly: input.count) else { throw .batchTooLarge }
        guard let stream = inflaters.take().map({ ZlibStream(idle: $0) }) ?? ZlibStream.inflating()
        else {
            throw .codecFailure(.gzip)
        }
        defer {
            inflaters.put(stream.pointer, byteCount: ZlibStream.byteCount) {
                ZlibStream(idle: $0).endInflating()
            }
        }
        // The last user may have left it in the middle of a damaged member.
        guard inflateReset(stream.state) == Z_OK else { throw .codecFailure(.gzip) }
        stream.setInput(input, count: inputCount)
        while true {
            let room = try output.reserveOutput(maximumByteCount: maximumByteCount)
            stream.setOutput(room, count: UInt32(room.count))
            let result = inflate(stream.state, Z_NO_FLUSH)
            output.didAppend(room.count - Int(stream.roomLeft))
            switch result {
            case Z_OK:
                continue
            case Z_STREAM_END where stream.inputLeft > 0:
                // Another member follows.
                guard inflateReset(stream.state) == Z_OK else { throw .codecFailure(.gzip) }
            case Z_STREAM_END:
                guard output.count <= maximumByteCount else { continue }
                return
            case Z_MEM_ERROR:
                throw .codecFailure(.gzip)
            default:
                // Z_BUF_ERROR among them: there was room, so the input ends too early.
                throw .corruptCompressedData(.gzip)
            }
        }
    }

    /// What the last member says in its last four bytes that it holds; nil if it is too short to.
    static func announcedByteCount(_ input: UnsafeRawBufferPointer) -> UInt64? {
        guard input.count >= 18 else { return nil }
        return UInt64(
            UInt32(littleEndian: input.loadUnaligned(fromByteOffset: input.count - 4, as: UInt32.self)))
    }

    // A state is some 260 KiB that must be cleared to compress and 40 KiB to decompress: made anew for each
    // batch, that costs more than a small batch itself. It cannot change its level without output, so each
    // level has its own.
    private static let deflaters = levels.map { _ in CodecContextPool() }
    private static let inflaters = CodecContextPool()
}
