package import MartletCore

extension RecordBatch {
    /// The same batch of a producer with its records in another codec: records and header stay, only length,
    /// codec and checksum change. For topics whose `compression.type` is not the producer's.
    ///
    /// The records are opened anyway, so they are checked as well: that they are well formed, and what the
    /// policy asks for.
    ///
    /// - Returns: Memory that nobody else has, to stamp offsets into.
    package func transcoded(
        to compression: Compression, level: Int32? = nil, checking policy: RecordPolicy = RecordPolicy(),
        maximumDecompressedBytes: Int = defaultMaximumDecompressedByteCount
    ) throws(RecordError) -> Bytes {
        let records = try records(maximumDecompressedBytes: maximumDecompressedBytes)
        try records.validate(policy)
        return try records.batch(in: compression, level: level)
    }
}

extension RecordBatch.Records {
    /// The batch that these records come from, in another codec; see `RecordBatch.transcoded`.
    package func batch(in compression: Compression, level: Int32?) throws(RecordError) -> Bytes {
        // A batch without records has nothing to compress.
        let compression = header.recordCount == 0 ? .none : compression
        var batch = GrowableBytes(
            capacity: BatchHeader.byteCount + (compression == .none ? bytes.count : bytes.count / 2))
        _ = batch.reserve(BatchHeader.byteCount)
        batch.didAppend(BatchHeader.byteCount)
        try bytes.withUnsafeBytes { plain throws(RecordError) in
            try compression.compress(plain, into: &batch, level: level)
        }
        var header = header
        header.setCompression(compression)
        try header.write(to: batch.mutableBytes)
        return batch.finish()
    }
}
