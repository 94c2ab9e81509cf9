package import MartletCore

/// What a topic asks of each record, beyond the batch being sound. Looking at single records costs a walk
/// over the batch, and decompressing it: to be asked for only where something is required.
package struct RecordPolicy: Hashable, Sendable {
    /// Compaction goes by key, so a compacted topic takes no record without one.
    package var requiresKeys = false
    /// The times that the topic takes, where producers set them; a record may always have none.
    package var timestamps: ClosedRange<Timestamp>?

    package init() {}

    /// Whether there is nothing to look for.
    package var isTrivial: Bool { !requiresKeys && timestamps == nil }
}

extension RecordBatch {
    /// Checks each record of a producer's batch: that it is well formed and has the next offset, and what the
    /// policy asks for.
    package func validateRecords(
        _ policy: RecordPolicy, maximumDecompressedBytes: Int = defaultMaximumDecompressedByteCount
    ) throws(RecordError) {
        try records(maximumDecompressedBytes: maximumDecompressedBytes).validate(policy)
    }
}

extension RecordBatch.Records {
    /// See `RecordBatch.validateRecords`, for a batch that is decompressed already.
    package func validate(_ policy: RecordPolicy) throws(RecordError) {
        var index = 0
        try forEach { record, _ throws(RecordError) in
            guard Int(record.offsetDelta) == index else { throw .malformedRecord(index: index, .badOffset) }
            if policy.requiresKeys, record.key == nil { throw .missingKey(index: index) }
            if let allowed = policy.timestamps {
                let timestamp = header.timestamp(of: record)
                guard timestamp == .none || allowed.contains(timestamp) else {
                    throw .timestampOutOfRange(index: index, timestamp)
                }
            }
            index += 1
        }
    }
}
