internal import CZlib
internal import MartletCore

/// gzip members by zlib.
enum GzipCodec {
    static let levels: ClosedRange<Int32> = 1...9
    static let defaultLevel: Int32 = 6

    /// The largest window, and 16 for the gzip format instead of zlib's.
    private static let windowBits: Int32 = 15 + 16
    private static let memoryLevel: Int32 = 8
    private static let streamSize = Int32(MemoryLayout<z_stream>.size)

    static func compress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, level: Int32?
    ) throws(RecordError) {
        var stream = z_stream()
        guard
            deflateInit2_(
                &stream, level ?? defaultLevel, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY,
                ZLIB_VERSION,
                streamSize
            ) == Z_OK
        else { throw .codecFailure(.gzip) }
        defer { deflateEnd(&stream) }
        let room = output.reserve(Int(deflateBound(&stream, uLong(input.count))))
        guard let inputCount = UInt32(exactly: input.count), let roomCount = UInt32(exactly: room.count)
        else {
            throw .batchTooLarge
        }
        stream.next_in = input.zlibPointer
        stream.avail_in = inputCount
        stream.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = roomCount
        guard deflate(&stream, Z_FINISH) == Z_STREAM_END else { throw .codecFailure(.gzip) }
        output.didAppend(Int(roomCount - stream.avail_out))
    }

    static func decompress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, maximumByteCount: Int
    ) throws(RecordError) {
        guard let inputCount = UInt32(exactly: input.count) else { throw .batchTooLarge }
        var stream = z_stream()
        guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, streamSize) == Z_OK else {
            throw .codecFailure(.gzip)
        }
        defer { inflateEnd(&stream) }
        stream.next_in = input.zlibPointer
        stream.avail_in = inputCount
        while true {
            let room = try output.reserveOutput(maximumByteCount: maximumByteCount)
            stream.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(room.count)
            let result = inflate(&stream, Z_NO_FLUSH)
            output.didAppend(room.count - Int(stream.avail_out))
            switch result {
            case Z_OK:
                continue
            case Z_STREAM_END where stream.avail_in > 0:
                // Another member follows.
                guard inflateReset(&stream) == Z_OK else { throw .codecFailure(.gzip) }
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
}

extension UnsafeRawBufferPointer {
    /// zlib's interface is not const, but it does not write to its input.
    fileprivate var zlibPointer: UnsafeMutablePointer<UInt8>? {
        UnsafeMutablePointer(mutating: baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
}
