internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletRecords
internal import MartletWire

/// The records of one batch of a coordinator's log.
struct CoordinatorBatch<Record: StoredRecord>: Sendable {
    var header: BatchHeader
    var records: [(offset: Offset, record: Record)] = []
    /// What became of the transaction of the batch's producer, if this is the mark that ends it.
    var isCommit: Bool?

    var nextOffset: Offset { header.nextOffset }

    /// Reads the batches, on a thread.
    static func decode(_ slice: LogSlice) -> Result<[CoordinatorBatch], CoordinatorLoadError> {
        do {
            var batches: [CoordinatorBatch] = []
            var rest = try slice.bytes()
            while !rest.isEmpty {
                let bytes = try RecordBatch(rest)
                var batch = CoordinatorBatch(header: bytes.header)
                if bytes.header.isControl {
                    batch.isCommit = TransactionMarker(bytes.bytes)?.isCommit
                } else {
                    var records = try bytes.records()
                    while let record = try records.next() {
                        guard let key = record.key else { continue }
                        if let decoded = try Record(key: key, value: record.value) {
                            batch.records.append((record.offset, decoded))
                        }
                    }
                }
                batches.append(batch)
                rest = rest[bytes.bytes.count..<rest.count]
            }
            return .success(batches)
        } catch {
            return .failure(CoordinatorLoadError(description: "\(error)"))
        }
    }
}

struct CoordinatorLoadError: Error, CustomStringConvertible {
    let description: String
}

/// Applies a log to a new coordinator. What belongs to a transaction the coordinator holds back by itself
/// until it hears how that ended.
struct CoordinatorLoader<Machine: CoordinatorMachine> {
    let machine: Machine
    let now: Timestamp

    func take(_ batch: CoordinatorBatch<Machine.Record>) {
        let producer = batch.header.producerID
        if batch.header.isControl {
            guard let isCommit = batch.isCommit else { return }
            machine.transactionEnded(producer, isCommit: isCommit, now: now)
        } else if batch.header.isTransactional {
            for record in batch.records { machine.apply(record.record, of: producer) }
        } else {
            for record in batch.records { machine.apply(record.record, at: record.offset) }
        }
    }
}
