package import MartletCore
internal import MartletRecords

/// The record of a control batch that ends a transaction.
///
/// The key is a version (int16, 0) and the kind (int16: 0 aborts, 1 commits), the value a version (int16, 0)
/// and the coordinator's epoch (int32).
package struct TransactionMarker: Sendable, Hashable {
    package var isCommit: Bool
    package var coordinatorEpoch: Int32

    package init(isCommit: Bool, coordinatorEpoch: Int32) {
        self.isCommit = isCommit
        self.coordinatorEpoch = coordinatorEpoch
    }

    /// Reads the first record of a control batch. Nil if it is another kind of control batch, or empty, or
    /// not in order: a log that was written by others may hold what we do not know, and it still must open.
    package init?(_ batch: Bytes) {
        guard let batch = try? RecordBatch(batch), batch.header.isControl, var records = try? batch.records(),
            let record = try? records.next(), let key = record.key, let value = record.value,
            key.count >= 4, value.count >= 6
        else { return nil }
        let type = key.withUnsafeBytes { $0.bigEndian(Int16.self, at: 2) }
        guard type == 0 || type == 1 else { return nil }
        isCommit = type == 1
        coordinatorEpoch = value.withUnsafeBytes { $0.bigEndian(Int32.self, at: 2) }
    }

    /// The control batch that says so in a log.
    func batch(
        of producer: ProducerID, epoch: ProducerEpoch, now: Timestamp
    ) throws(RecordError) -> Bytes {
        var key: [UInt8] = []
        key.append(bigEndian: Int16(0))
        key.append(bigEndian: Int16(isCommit ? 1 : 0))
        var value: [UInt8] = []
        value.append(bigEndian: Int16(0))
        value.append(bigEndian: coordinatorEpoch)
        var builder = RecordBatchBuilder(capacity: 128)
        try builder.append(key: Bytes(key), value: Bytes(value), timestamp: now)
        var options = RecordBatchBuilder.Options()
        options.producerID = producer
        options.producerEpoch = epoch
        options.isTransactional = true
        options.isControl = true
        return try builder.build(options)
    }
}
