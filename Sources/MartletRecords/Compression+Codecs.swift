package import MartletCore

extension Compression {
    package func compress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, level: Int32? = nil
    ) throws(RecordError) {
        switch self {
        case .none: output.append(input)
        case .gzip, .snappy, .lz4, .zstd: throw .codecFailure(self)
        }
    }

    package func decompress(
        _ input: UnsafeRawBufferPointer, maximumByteCount: Int
    ) throws(RecordError) -> Bytes {
        switch self {
        case .none:
            guard input.count <= maximumByteCount else {
                throw .decompressedTooLarge(maximumByteCount: maximumByteCount)
            }
            return Bytes(copying: input)
        case .gzip, .snappy, .lz4, .zstd: throw .codecFailure(self)
        }
    }
}
