internal import CSnappy
internal import MartletCore

/// Snappy in the two forms that clients send: a bare block (librdkafka), and the framing of the Java library,
/// a 16-byte header and blocks with a length before each (Java, Python, Go).
enum SnappyCodec {
    private static let magic: [UInt8] = [0x82, 0x53, 0x4E, 0x41, 0x50, 0x50, 0x59, 0x00]
    /// Magic, version and the oldest version that can read it.
    private static let headerByteCount = 16
    private static let version: Int32 = 1
    /// Snappy looks no further back than 64 KiB, so larger blocks would not compress better.
    private static let blockByteCount = 64 << 10
    /// An element of three bytes copies up to 64.
    private static let maximumRatio = 22

    static func compress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes
    ) throws(RecordError) {
        let header = output.reserve(headerByteCount)
        header.copyBytes(from: magic)
        header.store(bigEndian: version, at: magic.count)
        header.store(bigEndian: version, at: magic.count + 4)
        output.didAppend(headerByteCount)
        var position = 0
        while position < input.count {
            let end = min(position + blockByteCount, input.count)
            try compress(block: UnsafeRawBufferPointer(rebasing: input[position..<end]), into: &output)
            position = end
        }
    }

    private static func compress(
        block: UnsafeRawBufferPointer, into output: inout GrowableBytes
    ) throws(RecordError) {
        let lengthByteCount = 4
        var count = snappy_max_compressed_length(block.count)
        let room = output.reserve(lengthByteCount + count)
        let result = snappy_compress(
            block.characters, block.count,
            UnsafeRawBufferPointer(rebasing: room[lengthByteCount...]).mutableCharacters, &count
        )
        guard result == SNAPPY_OK, let length = Int32(exactly: count) else { throw .codecFailure(.snappy) }
        room.store(bigEndian: length, at: 0)
        output.didAppend(lengthByteCount + count)
    }

    static func decompress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, maximumByteCount: Int
    ) throws(RecordError) {
        // No bare block begins like the header: as a block its first element would copy from before the
        // start.
        guard hasHeader(input, at: 0) else {
            return try decompress(block: input, into: &output, maximumByteCount: maximumByteCount)
        }
        var position = 0
        while position < input.count {
            if hasHeader(input, at: position) {
                // Streams may follow one another.
                position += headerByteCount
                continue
            }
            guard input.count - position >= 4 else { throw .corruptCompressedData(.snappy) }
            let length = Int(input.bigEndian(Int32.self, at: position))
            position += 4
            guard length > 0, length <= input.count - position else { throw .corruptCompressedData(.snappy) }
            let block = UnsafeRawBufferPointer(rebasing: input[position..<position + length])
            try decompress(block: block, into: &output, maximumByteCount: maximumByteCount)
            position += length
        }
    }

    private static func decompress(
        block: UnsafeRawBufferPointer, into output: inout GrowableBytes, maximumByteCount: Int
    ) throws(RecordError) {
        var count = 0
        guard snappy_uncompressed_length(block.characters, block.count, &count) == SNAPPY_OK,
            // More than the elements could produce is a lie, and would only cost memory.
            count / maximumRatio <= block.count
        else { throw .corruptCompressedData(.snappy) }
        guard count <= maximumByteCount - output.count else {
            throw .decompressedTooLarge(maximumByteCount: maximumByteCount)
        }
        let room = UnsafeRawBufferPointer(output.reserve(count))
        guard snappy_uncompress(block.characters, block.count, room.mutableCharacters, &count) == SNAPPY_OK
        else {
            throw .corruptCompressedData(.snappy)
        }
        output.didAppend(count)
    }

    private static func hasHeader(_ input: UnsafeRawBufferPointer, at position: Int) -> Bool {
        input.count - position >= headerByteCount
            && input[position..<position + magic.count].elementsEqual(magic)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var characters: UnsafePointer<CChar>? { baseAddress?.assumingMemoryBound(to: CChar.self) }
    fileprivate var mutableCharacters: UnsafeMutablePointer<CChar>? {
        UnsafeMutablePointer(mutating: characters)
    }
}
