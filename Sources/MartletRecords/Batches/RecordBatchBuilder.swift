package import MartletCore

/// Puts records together into a batch.
///
/// Records are written in their final form as they come, so building an uncompressed batch fills in the
/// header and hands the memory over. The builder is empty again afterwards and keeps room for a batch of the
/// same size.
package struct RecordBatchBuilder: ~Copyable, Sendable {
    private var buffer: GrowableBytes
    package private(set) var recordCount = 0
    private var baseTimestamp = Timestamp.none
    private var maxTimestamp = Timestamp.none
    private var lastOffsetDelta: Int32 = -1
    private let pool: BlockPool?

    /// - Parameters:
    ///   - capacity: Bytes of the batch that is expected.
    ///   - pool: Where memory for large batches comes from, and goes to when they are gone.
    package init(capacity: Int = 16 << 10, pool: BlockPool? = nil) {
        self.pool = pool
        buffer = GrowableBytes(capacity: max(capacity, BatchHeader.byteCount), pool: pool)
        beginBatch()
    }

    package var isEmpty: Bool { recordCount == 0 }

    /// Bytes of the batch if it were built now, uncompressed.
    package var estimatedByteCount: Int { buffer.count }

    /// Time of the newest record; none without records.
    package var newestTimestamp: Timestamp { maxTimestamp }

    /// Appends a record behind the last.
    package mutating func append(
        key: Bytes?, value: Bytes?, headers: [RecordHeader] = [], timestamp: Timestamp
    ) throws(RecordError) {
        try append(
            key: key, value: value, headers: headers, timestamp: timestamp, offsetDelta: nextOffsetDelta())
    }

    /// Appends a record behind the last, from memory that is lent.
    package mutating func append(
        rawKey key: UnsafeRawBufferPointer?, rawValue value: UnsafeRawBufferPointer?,
        headers: [RecordHeader] = [],
        timestamp: Timestamp
    ) throws(RecordError) {
        try append(
            rawKey: key, rawValue: value, headers: headers, timestamp: timestamp,
            offsetDelta: nextOffsetDelta())
    }

    /// Appends a record that keeps its place, as compaction needs it: deltas must grow, and may leave gaps.
    package mutating func append(
        key: Bytes?, value: Bytes?, headers: [RecordHeader] = [], timestamp: Timestamp, offsetDelta: Int32
    ) throws(RecordError) {
        defer { withExtendedLifetime((key, value)) {} }
        try append(
            rawKey: key?.unsafeMemory, rawValue: value?.unsafeMemory, headers: headers, timestamp: timestamp,
            offsetDelta: offsetDelta
        )
    }

    package mutating func append(
        rawKey key: UnsafeRawBufferPointer?, rawValue value: UnsafeRawBufferPointer?,
        headers: [RecordHeader] = [],
        timestamp: Timestamp, offsetDelta: Int32
    ) throws(RecordError) {
        precondition(offsetDelta > lastOffsetDelta, "offsets of a batch grow")
        if recordCount == 0 { baseTimestamp = timestamp }
        let timestampDelta = timestamp - baseTimestamp
        let bodyCount =
            1 + Varint.byteCount(signed: timestampDelta) + Varint.byteCount(signed: Int64(offsetDelta))
            + Self.fieldByteCount(key?.count) + Self.fieldByteCount(value?.count)
            + Self.headersByteCount(headers)
        let total = Varint.byteCount(signed: Int64(bodyCount)) + bodyCount
        guard total <= Int(Int32.max) - buffer.count else { throw .batchTooLarge }

        var writer = RecordWriter(buffer.reserve(total))
        writer.write(varint: Int64(bodyCount))
        writer.write(byte: 0)
        writer.write(varint: timestampDelta)
        writer.write(varint: Int64(offsetDelta))
        writer.write(field: key)
        writer.write(field: value)
        writer.write(headers: headers)
        buffer.didAppend(total)

        maxTimestamp = max(maxTimestamp, timestamp)
        lastOffsetDelta = offsetDelta
        recordCount += 1
    }

    /// Upper bound of what a record adds to the batch.
    package static func maximumByteCount(key: Int?, value: Int?, headers: [RecordHeader] = []) -> Int {
        let overhead = 1 + 2 * Varint.maximumByteCount32 + Varint.maximumByteCount64
        return overhead + fieldByteCount(key) + fieldByteCount(value) + headersByteCount(headers)
    }

    private func nextOffsetDelta() throws(RecordError) -> Int32 {
        guard lastOffsetDelta < Int32.max else { throw .batchTooLarge }
        return lastOffsetDelta + 1
    }

    private mutating func beginBatch() {
        buffer.truncate(to: 0)
        _ = buffer.reserve(BatchHeader.byteCount)
        buffer.didAppend(BatchHeader.byteCount)
        recordCount = 0
        baseTimestamp = .none
        maxTimestamp = .none
        lastOffsetDelta = -1
    }

    @inline(__always)
    private static func fieldByteCount(_ count: Int?) -> Int {
        guard let count else { return 1 }
        return Varint.byteCount(signed: Int64(count)) + count
    }

    @inline(__always)
    private static func headersByteCount(_ headers: [RecordHeader]) -> Int {
        var count = Varint.byteCount(signed: Int64(headers.count))
        for header in headers {
            count += fieldByteCount(header.key.utf8.count) + fieldByteCount(header.value?.count)
        }
        return count
    }
}

extension RecordBatchBuilder {
    /// What stands in the header of a batch besides what its records say.
    package struct Options: Sendable {
        package var baseOffset: Offset = 0
        package var leaderEpoch = LeaderEpoch.none
        package var compression = Compression.none
        /// The codec's own scale; nil for its default.
        package var compressionLevel: Int32?
        package var producerID = ProducerID.none
        package var producerEpoch = ProducerEpoch.none
        package var baseSequence = BatchHeader.noSequence
        package var isTransactional = false
        package var isControl = false
        /// The time that stands for all records, if the broker sets it.
        package var logAppendTime: Timestamp?
        /// Offset of the last record where compaction has removed it; nil for that of the last one here.
        package var lastOffsetDelta: Int32?

        package init() {}
    }

    /// The batch; the builder is empty afterwards, and keeps its records only if this throws.
    package mutating func build(_ options: Options = Options()) throws(RecordError) -> Bytes {
        var options = options
        // A batch without records has nothing to compress.
        if isEmpty { options.compression = .none }
        guard options.compression != .none else {
            fillHeader(of: buffer.mutableBytes, options)
            let batch = buffer.take()
            beginBatch()
            return batch
        }
        let batch = try compressed(options)
        beginBatch()
        return batch
    }

    /// The batch; there will not be another one.
    package consuming func finish(_ options: Options = Options()) throws(RecordError) -> Bytes {
        guard options.compression == .none || isEmpty else { return try compressed(options) }
        var options = options
        options.compression = .none
        fillHeader(of: buffer.mutableBytes, options)
        return buffer.finish()
    }

    private func compressed(_ options: Options) throws(RecordError) -> Bytes {
        // Into a block of the pool at once as much as codecs want, which is a little more than what goes in:
        // it comes back. Without one only what will be kept.
        let expected = pool == nil ? buffer.count / 2 : buffer.count + buffer.count / 4
        var batch = GrowableBytes(capacity: BatchHeader.byteCount + expected, pool: pool)
        _ = batch.reserve(BatchHeader.byteCount)
        batch.didAppend(BatchHeader.byteCount)
        let records = UnsafeRawBufferPointer(rebasing: buffer.bytes[BatchHeader.byteCount...])
        try options.compression.compress(records, into: &batch, level: options.compressionLevel)
        guard batch.count <= Int(Int32.max) else { throw .batchTooLarge }
        fillHeader(of: batch.mutableBytes, options)
        return batch.finish()
    }

    private func fillHeader(of batch: UnsafeMutableRawBufferPointer, _ options: Options) {
        typealias Field = BatchHeader.Field
        var attributes = BatchAttributes(compression: options.compression)
        if options.isTransactional { attributes.insert(.transactional) }
        if options.isControl { attributes.insert(.control) }
        if options.logAppendTime != nil { attributes.insert(.logAppendTime) }
        let length = Int32(batch.count - BatchHeader.lengthPrefixByteCount)
        let lastDelta = max(options.lastOffsetDelta ?? lastOffsetDelta, lastOffsetDelta, 0)
        batch.store(bigEndian: options.baseOffset.rawValue, at: Field.baseOffset)
        batch.store(bigEndian: length, at: Field.batchLength)
        batch.store(bigEndian: options.leaderEpoch.rawValue, at: Field.leaderEpoch)
        batch.store(bigEndian: BatchHeader.currentMagic, at: Field.magic)
        batch.store(bigEndian: attributes.rawValue, at: Field.attributes)
        batch.store(bigEndian: lastDelta, at: Field.lastOffsetDelta)
        batch.store(bigEndian: baseTimestamp.rawValue, at: Field.baseTimestamp)
        batch.store(bigEndian: (options.logAppendTime ?? maxTimestamp).rawValue, at: Field.maxTimestamp)
        batch.store(bigEndian: options.producerID.rawValue, at: Field.producerID)
        batch.store(bigEndian: options.producerEpoch.rawValue, at: Field.producerEpoch)
        batch.store(bigEndian: options.baseSequence, at: Field.baseSequence)
        batch.store(bigEndian: Int32(recordCount), at: Field.recordCount)
        let crc = BatchHeader.checksum(of: UnsafeRawBufferPointer(batch))
        batch.store(bigEndian: crc, at: Field.crc)
    }
}
