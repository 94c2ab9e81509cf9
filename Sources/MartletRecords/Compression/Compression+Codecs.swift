package import MartletCore

extension Compression {
    /// Appends the compressed form of the input, as every Kafka client reads it.
    ///
    /// - Parameter level: The codec's own scale, see `levels`; nil for its default.
    package func compress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, level: Int32? = nil
    ) throws(RecordError) {
        switch self {
        case .none: output.append(input)
        case .gzip: try GzipCodec.compress(input, into: &output, level: level)
        case .snappy: try SnappyCodec.compress(input, into: &output)
        case .lz4: try LZ4Codec.compress(input, into: &output, level: level)
        case .zstd: try ZstdCodec.compress(input, into: &output, level: level)
        }
    }

    /// What the input was before it was compressed.
    ///
    /// - Parameter maximumByteCount: More than this is refused.
    package func decompress(
        _ input: UnsafeRawBufferPointer, maximumByteCount: Int
    ) throws(RecordError) -> Bytes {
        let likely = min(likelyByteCount(of: input), maximumByteCount)
        var output = GrowableBytes(capacity: max(likely + 1, GrowableBytes.minimumOutputRoom), pool: .shared)
        try decompress(input, into: &output, maximumByteCount: maximumByteCount)
        return output.finish()
    }

    /// How much comes out of the input, as far as can be told at once: a guess, which the output may outgrow.
    private func likelyByteCount(of input: UnsafeRawBufferPointer) -> Int {
        let announced =
            switch self {
            case .gzip: GzipCodec.announcedByteCount(input)
            case .zstd: ZstdCodec.announcedByteCount(input)
            case .none, .snappy, .lz4: nil as UInt64?
            }
        // Typical batches shrink to a half or a third, and the bytes at hand justify that much. Text shrinks
        // further, so up to eight times as much is believed if it is announced: growing would cost copies.
        guard let announced else { return input.count * 3 }
        return min(Int(clamping: announced), input.count * 8)
    }

    /// Appends what the input was before it was compressed, until the output has as many bytes as the bound
    /// allows.
    ///
    /// Memory grows with what comes out, never with what the input announces.
    package func decompress(
        _ input: UnsafeRawBufferPointer, into output: inout GrowableBytes, maximumByteCount: Int
    ) throws(RecordError) {
        precondition(maximumByteCount >= 0 && maximumByteCount < Int.max, "the bound is a size")
        switch self {
        case .none:
            guard input.count <= maximumByteCount - output.count else {
                throw .decompressedTooLarge(maximumByteCount: maximumByteCount)
            }
            output.append(input)
        case .gzip: try GzipCodec.decompress(input, into: &output, maximumByteCount: maximumByteCount)
        case .snappy: try SnappyCodec.decompress(input, into: &output, maximumByteCount: maximumByteCount)
        case .lz4: try LZ4Codec.decompress(input, into: &output, maximumByteCount: maximumByteCount)
        case .zstd: try ZstdCodec.decompress(input, into: &output, maximumByteCount: maximumByteCount)
        }
    }

    /// The levels that the codec knows, as in `compression.gzip.level` and its like; nil where it has none.
    package var levels: ClosedRange<Int32>? {
        switch self {
        case .none, .snappy: nil
        case .gzip: GzipCodec.levels
        case .lz4: LZ4Codec.levels
        case .zstd: ZstdCodec.levels
        }
    }

    /// The level that stands for nil.
    package var defaultLevel: Int32? {
        switch self {
        case .none, .snappy: nil
        case .gzip: GzipCodec.defaultLevel
        case .lz4: LZ4Codec.defaultLevel
        case .zstd: ZstdCodec.defaultLevel
        }
    }
}

extension GrowableBytes {
    /// Room for decompressed bytes, never none: one byte beyond the bound is allowed for, so that a decoder
    /// which has filled it has exceeded the bound, and one which ends at it has not.
    mutating func reserveOutput(maximumByteCount: Int) throws(RecordError) -> UnsafeMutableRawBufferPointer {
        guard count <= maximumByteCount else {
            throw .decompressedTooLarge(maximumByteCount: maximumByteCount)
        }
        let allowed = maximumByteCount + 1 - count
        let room = reserve(min(allowed, Self.minimumOutputRoom))
        return UnsafeMutableRawBufferPointer(rebasing: room.prefix(min(allowed, Self.maximumOutputRoom)))
    }

    /// Less room would make decoders stop too often.
    fileprivate static let minimumOutputRoom = 4 << 10
    /// What every codec can count.
    private static let maximumOutputRoom = 1 << 30
}
