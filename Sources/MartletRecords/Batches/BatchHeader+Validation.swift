internal import MartletCore

/// Where a batch comes from, and so how much of it is taken on trust.
package enum BatchOrigin: Sendable {
    /// A producer: dense offsets from 0, its own times, no control records.
    case client
    /// This broker's coordinators: as from a client, but control records are theirs to write.
    case coordinator
    /// A log, on disk or another broker's: offsets are given, and compaction may have left gaps, or nothing.
    case log
}

extension BatchHeader {
    /// Reads the header of the batch that fills these bytes and checks all that can be checked without
    /// reading its records.
    package static func validated(
        _ batch: UnsafeRawBufferPointer, from origin: BatchOrigin
    ) throws(RecordError) -> BatchHeader {
        let header = try BatchHeader(batch)
        guard batch.count <= header.byteCount else { throw .notOneBatch }
        try header.validate(batch, from: origin)
        return header
    }

    /// Checks a batch against its header: one pass over the bytes for the checksum, the rest is free.
    ///
    /// - Parameter batch: Begins with the batch and may be longer.
    package func validate(_ batch: UnsafeRawBufferPointer, from origin: BatchOrigin) throws(RecordError) {
        try validateChecksum(batch)
        try validateFields(from: origin)
    }

    /// Checks that the whole batch is there, undamaged.
    package func validateChecksum(_ batch: UnsafeRawBufferPointer) throws(RecordError) {
        guard batch.count >= byteCount else { throw .truncated(byteCount: batch.count, needed: byteCount) }
        let computed = Self.checksum(of: UnsafeRawBufferPointer(rebasing: batch[..<byteCount]))
        guard computed == crc else { throw .checksumMismatch(stored: crc, computed: computed) }
    }

    /// Checks that the fields make sense for a batch of this origin.
    package func validateFields(from origin: BatchOrigin) throws(RecordError) {
        guard attributes.compression != nil else {
            throw .unknownCompression(code: attributes.compressionCode)
        }
        guard lastOffsetDelta >= 0, recordCount >= 0 else {
            throw .inconsistentOffsets(lastOffsetDelta: lastOffsetDelta, recordCount: recordCount)
        }
        // A log may end at the largest offset, but the one behind its last record must exist.
        guard baseOffset >= 0, baseOffset.rawValue < Int64.max - Int64(lastOffsetDelta) else {
            throw .offsetOverflow(base: baseOffset, lastOffsetDelta: lastOffsetDelta)
        }
        switch origin {
        case .log:
            break
        case .coordinator:
            try validateNewBatch(needsSequence: false)
        case .client:
            if isControl { throw .unexpectedControlBatch }
            guard baseOffset == 0 else { throw .nonZeroBaseOffset(baseOffset) }
            guard timestampType == .createTime else { throw .unexpectedLogAppendTime }
            try validateNewBatch(needsSequence: true)
        }
    }

    private func validateNewBatch(needsSequence: Bool) throws(RecordError) {
        guard recordCount >= 1 else { throw .invalidRecordCount(recordCount) }
        guard lastOffsetDelta == recordCount - 1 else {
            throw .inconsistentOffsets(lastOffsetDelta: lastOffsetDelta, recordCount: recordCount)
        }
        guard baseTimestamp >= .none else { throw .invalidTimestamp(baseTimestamp) }
        guard maxTimestamp >= .none else { throw .invalidTimestamp(maxTimestamp) }
        if hasProducerID {
            // What coordinators write for a producer, markers and offsets, has its epoch but no sequence.
            guard producerEpoch.rawValue >= 0, baseSequence >= 0 || !needsSequence else {
                throw .invalidProducer(producerID, producerEpoch, baseSequence: baseSequence)
            }
        } else if isTransactional {
            throw .transactionalWithoutProducer
        }
    }

    /// Checksum of a whole batch: everything from the attributes on.
    package static func checksum(of batch: UnsafeRawBufferPointer) -> UInt32 {
        precondition(batch.count >= byteCount, "no batch is shorter than its header")
        return CRC32C.checksum(of: UnsafeRawBufferPointer(rebasing: batch[Field.attributes...]))
    }
}
