package import MartletCore

/// Rewrites the batches of a log: joins neighbours into large ones, in another codec if asked, and leaves out
/// records that compaction has no more use for.
///
/// Offset, time, key, value and headers of the records that stay are those they had. Batches are joined as
/// long as one header can stand for all of them:
/// - The leader epoch, the kind of timestamps (and the broker's time itself, where it stands for the
///   producers') and the delete horizon are the same.
/// - Transactional ones are of the same producer and epoch, which the joined batch keeps. Others lose what
///   they say of their producer: whoever still needs that of a batch, such as each producer's last, keeps it
///   apart.
/// - Control batches are never joined.
///
/// Batches are handed in by growing offsets, their checksums checked. Memory is used again for as long as the
/// merger lives; its amount follows the largest batch. What is finished is held until the caller takes it:
///
///     var merger = BatchMerger(options)
///     while let batch = try … {
///         try merger.append(batch, as: .join)
///         try merger.withOutput { bytes, headers in try file.append(bytes) }
///     }
///     try merger.flush()
///     try merger.withOutput { … }
package struct BatchMerger: ~Copyable {
    package struct Options: Sendable {
        /// The codec of what is written; nil for that of the batches, of which then only equal ones are
        /// joined. Records that do not shrink are stored uncompressed.
        package var compression: Compression?
        /// The codec's own scale; nil for its default.
        package var level: Int32?
        /// Uncompressed size up to which batches are joined; 0 to join none. A batch larger than that on its
        /// own stays whole.
        package var targetByteCount = 128 << 10
        /// A batch that would decompress to more is refused.
        package var maximumDecompressedBytes = RecordBatch.defaultMaximumDecompressedByteCount

        package init() {}
    }

    /// What a caller decides of a batch.
    package enum Treatment: Hashable, Sendable {
        /// May be joined with its neighbours.
        case join
        /// Remains a batch, with its producer, sequence, base and last offset, whatever records it keeps. If
        /// that is none, it remains as a header or is left out.
        case keepApart(evenIfEmpty: Bool)
        /// Remains byte for byte.
        case copy
        /// Is left out.
        case drop
    }

    let options: Options
    /// The records of the batch in hand.
    private var plain = GrowableBytes()
    private var survey = BatchSurvey()
    /// The batch in progress, without its header.
    var run = GrowableBytes()
    var runHeader: BatchHeader?
    /// The batch that the one in progress consists of, as it came, while it is only one and whole.
    var original = GrowableBytes()
    /// Finished batches, one after the other.
    var output = GrowableBytes()
    var finished: [BatchHeader] = []

    package init(_ options: Options) {
        self.options = options
    }

    /// Bytes of the finished batches that nobody has taken yet.
    package var outputByteCount: Int { output.count }

    /// Lends the finished batches, one after the other and each with its header, and forgets them. If the
    /// body throws, they stay.
    package mutating func withOutput<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer, [BatchHeader]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = try body(output.bytes, finished)
        output.truncate(to: 0)
        finished.removeAll(keepingCapacity: true)
        return result
    }

    /// Takes the next batch, with all its records.
    package mutating func append(_ batch: RecordBatch, as treatment: Treatment) throws(RecordError) {
        guard try !appendUnopened(batch, as: treatment, mayChange: false) else { return }
        try withRecords(of: batch) { merger, records throws(RecordError) in
            try merger.survey.walk(records, of: batch.header) { _, _, _ in true }
            try merger.appendSurveyed(batch, records, as: treatment, deleteHorizon: nil)
        }
    }

    /// Takes the next batch, with those of its records that `keeping` asks for; it is not asked for control
    /// records.
    ///
    /// - Parameter deleteHorizon: Set in the batch, unless it has one, if it is a control batch or keeps a
    ///   record without value: the time from which compaction may drop those.
    package mutating func append(
        _ batch: RecordBatch, as treatment: Treatment, deleteHorizon: Timestamp?,
        keeping: (RecordView, UnsafeRawBufferPointer, BatchHeader) -> Bool
    ) throws(RecordError) {
        guard try !appendUnopened(batch, as: treatment, mayChange: true) else { return }
        let isControl = batch.header.isControl
        try withRecords(of: batch) { merger, records throws(RecordError) in
            try merger.survey.walk(records, of: batch.header) { record, records, header in
                isControl || keeping(record, records, header)
            }
            try merger.appendSurveyed(batch, records, as: treatment, deleteHorizon: deleteHorizon)
        }
    }

    /// Ends the batch in progress, if there is one.
    package mutating func flush() throws(RecordError) {
        guard let header = runHeader else { return }
        try finishRun(header)
        runHeader = nil
        run.truncate(to: 0)
        original.truncate(to: 0)
    }
}

extension BatchMerger {
    /// Deals with a batch whose records need not be looked at; returns whether it was one.
    private mutating func appendUnopened(
        _ batch: RecordBatch, as treatment: Treatment, mayChange: Bool
    ) throws(RecordError) -> Bool {
        let header = batch.header
        try header.validateFields(from: .log)
        switch treatment {
        case .drop:
            return true
        case .copy:
            try copy(batch)
            return true
        case .join, .keepApart:
            break
        }
        if header.recordCount == 0 {
            // Nothing changes a batch without records, which only compaction leaves.
            if !mayChange || treatment == .keepApart(evenIfEmpty: true) { try copy(batch) }
            return true
        }
        guard !mayChange, !mayJoin(header, treatment), keepsCodec(header) else { return false }
        try copy(batch)
        return true
    }

    private func mayJoin(_ header: BatchHeader, _ treatment: Treatment) -> Bool {
        treatment == .join && options.targetByteCount > 0 && !header.isControl
    }

    private func keepsCodec(_ header: BatchHeader) -> Bool {
        options.compression == nil || options.compression == header.compression
    }

    private mutating func copy(_ batch: RecordBatch) throws(RecordError) {
        try flush()
        batch.bytes.withUnsafeBytes { output.append($0) }
        finished.append(batch.header)
    }

    private mutating func withRecords(
        of batch: RecordBatch,
        _ body: (inout BatchMerger, UnsafeRawBufferPointer) throws(RecordError) -> Void
    ) throws(RecordError) {
        guard let compression = batch.header.compression else {
            throw .unknownCompression(code: batch.header.attributes.compressionCode)
        }
        defer { withExtendedLifetime(batch.bytes) {} }
        let payload = UnsafeRawBufferPointer(rebasing: batch.bytes.unsafeMemory[BatchHeader.byteCount...])
        guard compression != .none else { return try body(&self, payload) }
        // Taken out for the time that its memory is lent.
        var decompressed = GrowableBytes(capacity: 0)
        swap(&decompressed, &plain)
        defer { swap(&decompressed, &plain) }
        decompressed.truncate(to: 0)
        try compression.decompress(
            payload, into: &decompressed, maximumByteCount: options.maximumDecompressedBytes)
        try body(&self, decompressed.bytes)
    }

    /// Takes what the survey has found worth keeping.
    private mutating func appendSurveyed(
        _ batch: RecordBatch, _ records: UnsafeRawBufferPointer, as treatment: Treatment,
        deleteHorizon: Timestamp?
    ) throws(RecordError) {
        let header = batch.header
        guard survey.recordCount > 0 else {
            if treatment == .keepApart(evenIfEmpty: true) { try appendEmpty(header) }
            return
        }
        let isWhole = survey.recordCount == header.recordCount
        let setsHorizon =
            deleteHorizon != nil && !header.hasDeleteHorizon && (header.isControl || survey.hasTombstone)
        let horizon = header.hasDeleteHorizon ? header.baseTimestamp : setsHorizon ? deleteHorizon : nil
        let joins = mayJoin(header, treatment)
        if joins, let running = runHeader, canJoin(header, horizon: horizon, to: running) {
            return try extendRun(running, with: header, records)
        }
        try flush()
        if !joins, isWhole, !setsHorizon, keepsCodec(header) { return try copy(batch) }
        if isWhole, !setsHorizon { batch.bytes.withUnsafeBytes { original.append($0) } }
        try beginRun(header, records, horizon: horizon, joins: joins)
        if !joins { try flush() }
    }

    /// Whether one header can stand for both: see the type's description.
    private func canJoin(_ header: BatchHeader, horizon: Timestamp?, to running: BatchHeader) -> Bool {
        let runHorizon = running.hasDeleteHorizon ? running.baseTimestamp : nil
        guard header.leaderEpoch == running.leaderEpoch, header.timestampType == running.timestampType,
            header.timestampType == .createTime || header.maxTimestamp == running.maxTimestamp,
            header.isTransactional == running.isTransactional, horizon == runHorizon,
            options.compression != nil || header.compression == running.compression,
            run.count + survey.byteCount <= options.targetByteCount
        else { return false }
        if header.isTransactional {
            guard header.producerID == running.producerID, header.producerEpoch == running.producerEpoch
            else { return false }
        }
        // Validated headers: nothing overflows.
        return header.baseOffset > running.lastOffset
            && header.lastOffset.rawValue - running.baseOffset.rawValue <= Int64(Int32.max)
    }

    private mutating func beginRun(
        _ header: BatchHeader, _ records: UnsafeRawBufferPointer, horizon: Timestamp?, joins: Bool
    ) throws(RecordError) {
        var changed = header
        changed.setCompression(options.compression ?? header.compression ?? .none)
        changed.recordCount = survey.recordCount
        changed.maxTimestamp = survey.maxTimestamp
        if let horizon {
            changed.attributes.insert(.deleteHorizon)
            changed.baseTimestamp = horizon
        } else if joins {
            changed.baseTimestamp = survey.firstTimestamp
        }
        if joins, !header.isTransactional {
            changed.producerID = .none
            changed.producerEpoch = .none
            changed.baseSequence = BatchHeader.noSequence
        }
        try moveRecords(records, from: header, to: changed)
        runHeader = changed
    }

    private mutating func extendRun(
        _ running: BatchHeader, with header: BatchHeader, _ records: UnsafeRawBufferPointer
    ) throws(RecordError) {
        try moveRecords(records, from: header, to: running)
        var changed = running
        changed.lastOffsetDelta = Int32(header.lastOffset.rawValue - running.baseOffset.rawValue)
        changed.recordCount += survey.recordCount
        changed.maxTimestamp = max(running.maxTimestamp, survey.maxTimestamp)
        runHeader = changed
        original.truncate(to: 0)
    }

    private mutating func moveRecords(
        _ records: UnsafeRawBufferPointer, from source: BatchHeader, to target: BatchHeader
    ) throws(RecordError) {
        let before = run.count
        do {
            try RecordMover(from: source, to: target).move(survey.kept, of: records, into: &run)
        } catch {
            run.truncate(to: before)
            throw error
        }
    }
}
