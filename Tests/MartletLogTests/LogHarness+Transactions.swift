import MartletCore
import MartletLog
import MartletRecords

extension LogHarness {
    /// Appends a batch of a transaction as a broker does: verified, unless the transaction is open here.
    @discardableResult
    func appendInTransaction(
        _ records: Bytes, origin: AppendOrigin = .client, bumpsEpoch: Bool = false
    ) throws -> AppendResult {
        let header = try records.withUnsafeBytes { try BatchHeader($0) }
        let verification = log.beginVerification(
            of: header.producerID, epoch: header.producerEpoch, sequence: header.baseSequence,
            bumpsEpoch: bumpsEpoch)
        return try log.append(
            records, origin: origin, leaderEpoch: LeaderEpoch(rawValue: 0), now: now,
            verification: verification)
    }

    /// Appends a marker. With the epoch of the transaction, or with that of the next.
    @discardableResult
    func end(
        _ producer: Int64, epoch: Int16 = 0, commits: Bool, coordinator: Int32 = 0,
        isEpochBumped: Bool = false
    ) throws -> AppendResult {
        try log.appendMarker(
            TransactionMarker(isCommit: commits, coordinatorEpoch: coordinator),
            of: ProducerID(rawValue: producer), epoch: ProducerEpoch(rawValue: epoch),
            isEpochBumped: isEpochBumped, leaderEpoch: LeaderEpoch(rawValue: 0), now: now)
    }

    /// Values that a read-committed consumer sees, fetch after fetch.
    func committedValues(
        from offset: Offset? = nil, maxBytes: Int = 1_000, as consumer: ReferenceConsumer = .java
    ) throws -> [String] {
        try committedRecords(from: offset, maxBytes: maxBytes, as: consumer)
            .map { $0.value.map(String.init(decoding:)) ?? "" }
    }

    func committedRecords(
        from offset: Offset? = nil, maxBytes: Int = 1_000, as consumer: ReferenceConsumer = .java
    ) throws -> [Record] {
        var records: [Record] = []
        var next = offset ?? log.offsets.start
        while true {
            let slice = try log.read(
                from: next, upTo: log.offsets.lastStable, maxBytes: maxBytes, atLeastOneBatch: true)
            if slice.isEmpty { return records }
            let aborted = try log.abortedTransactions(in: next..<slice.nextOffset)
            records += try consumer.records(of: slice, aborted).filter { $0.offset >= next }
            guard slice.nextOffset > next else { return records }
            next = slice.nextOffset
        }
    }
}

/// How clients of others leave out what was aborted. Each fetch is judged by itself.
enum ReferenceConsumer: CaseIterable {
    /// From the first batch that reaches up to the transaction's first offset, all of its producer, until an
    /// abort marker.
    case java
    /// Per producer: batches that begin at or behind the first offset of its next transaction; an abort
    /// marker ends that.
    case librdkafka

    func records(of slice: LogSlice, _ aborted: [AbortedTransaction]) throws -> [Record] {
        switch self {
        case .java: try recordsAsJava(of: slice, aborted)
        case .librdkafka: try recordsAsLibrdkafka(of: slice, aborted)
        }
    }

    private func recordsAsJava(of slice: LogSlice, _ aborted: [AbortedTransaction]) throws -> [Record] {
        var waiting = aborted[...]
        var dropped: Set<ProducerID> = []
        return try slice.batches().flatMap { batch -> [Record] in
            while let next = waiting.first, next.firstOffset <= batch.header.lastOffset {
                dropped.insert(next.producerID)
                waiting.removeFirst()
            }
            if batch.header.isControl {
                if TransactionMarker(batch.bytes)?.isCommit == false {
                    dropped.remove(batch.header.producerID)
                }
                return []
            }
            guard batch.header.isTransactional, dropped.contains(batch.header.producerID) else {
                return try batch.records().all()
            }
            return []
        }
    }

    private func recordsAsLibrdkafka(of slice: LogSlice, _ aborted: [AbortedTransaction]) throws -> [Record] {
        var starts = Dictionary(grouping: aborted, by: \.producerID).mapValues { $0.map(\.firstOffset)[...] }
        return try slice.batches().flatMap { batch -> [Record] in
            let producer = batch.header.producerID
            if batch.header.isControl {
                let isAbort = TransactionMarker(batch.bytes)?.isCommit == false
                if isAbort, let first = starts[producer]?.first, first <= batch.header.baseOffset {
                    starts[producer]?.removeFirst()
                }
                return []
            }
            let isDropped = starts[producer]?.first.map { batch.header.baseOffset >= $0 } ?? false
            return batch.header.isTransactional && isDropped ? [] : try batch.records().all()
        }
    }
}

extension LogSlice {
    func batches() throws -> [RecordBatch] {
        var batches: [RecordBatch] = []
        let bytes = try bytes()
        var position = 0
        while position < bytes.count {
            let header = try bytes[position..<bytes.count].withUnsafeBytes { try BatchHeader($0) }
            batches.append(try RecordBatch(bytes[position..<position + header.byteCount]))
            position += header.byteCount
        }
        return batches
    }
}

/// A batch of a transaction.
func transactional(
    _ values: [String], producer: Int64, epoch: Int16 = 0, sequence: Int32,
    at timestamp: Timestamp = 1_700_000_000_000
) throws -> Bytes {
    try batch(values, at: timestamp) { options in
        options.producerID = ProducerID(rawValue: producer)
        options.producerEpoch = ProducerEpoch(rawValue: epoch)
        options.baseSequence = sequence
        options.isTransactional = true
    }
}

/// Sends batches of one producer, each with the sequence that is due.
struct TestProducer {
    let id: Int64
    var epoch: Int16 = 0
    var sequence: Int32 = 0

    init(_ id: Int64) {
        self.id = id
    }

    @discardableResult
    mutating func send(_ values: [String], to harness: LogHarness) throws -> AppendResult {
        defer { sequence += Int32(values.count) }
        return try harness.appendInTransaction(
            transactional(values, producer: id, epoch: epoch, sequence: sequence, at: harness.now))
    }
}
