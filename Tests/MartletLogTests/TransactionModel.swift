import MartletCore
import MartletLog

/// What a log with transactions must hold and how it must judge what it is sent, in the plainest form: the
/// history of all batches, and what follows from it.
struct TransactionModel {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    struct Entry: Equatable {
        var offset: Offset
        var key: String
        var value: String
    }

    struct Batch {
        var base: Offset
        var next: Offset
        var producer: Int64
        var epoch: Int16
        var sequence: Int32
        var kind: Kind
        var entries: [Entry] = []

        var lastSequence: Int32 { sequence + Int32(entries.count) - 1 }
    }

    enum Kind: Equatable {
        case plain
        case idempotent
        case transactional
        case marker(isCommit: Bool, coordinator: Int32)
    }

    struct Producer: Equatable {
        var epoch: Int16 = -1
        var coordinator: Int32 = -1
        var openStart: Offset?
        /// First and last sequence and first offset, newest last.
        var recent: [Sent] = []
        /// How many of the newest are remembered for certain.
        var certainCount = 0

        struct Sent: Equatable {
            var first: Int32
            var last: Int32
            var offset: Offset
            var lastOffset: Offset
        }

        mutating func apply(_ batch: Batch) {
            if case .marker(_, let coordinator) = batch.kind {
                if batch.epoch > epoch { (recent, certainCount) = ([], 0) }
                epoch = max(epoch, batch.epoch)
                self.coordinator = max(self.coordinator, coordinator)
                openStart = nil
                return
            }
            if batch.epoch != epoch { (recent, certainCount) = ([], 0) }
            epoch = batch.epoch
            recent.append(
                Sent(
                    first: batch.sequence, last: batch.sequence < 0 ? -1 : batch.lastSequence,
                    offset: batch.base, lastOffset: batch.next - 1))
            recent = recent.suffix(5)
            certainCount = min(5, certainCount + 1)
            if batch.kind == .transactional, openStart == nil { openStart = batch.base }
        }
    }

    private(set) var history: [Batch] = []
    private(set) var producers: [Int64: Producer] = [:]
    /// What they were before the history.
    private var baseline: [Int64: Producer] = [:]
    /// Producers that were forgotten once; their old batches may bring back at a restart what they were.
    private var expired: Set<Int64> = []
    private(set) var end: Offset = 0
    /// Everything below was acknowledged, and must survive.
    var synced: Offset = 0
    var start: Offset = 0
    /// Below this, records may be missing of which the log has newer ones.
    var compacted: Offset = 0

    mutating func append(_ batch: Batch) {
        history.append(batch)
        end = batch.next
        guard batch.producer >= 0 else { return }
        producers[batch.producer, default: Producer()].apply(batch)
    }

    mutating func expire() {
        // One that is kept for its transaction goes at a restart that does not find it.
        expired.formUnion(producers.keys)
        producers = producers.filter { $0.value.openStart != nil }
    }

    // MARK: Offsets

    /// Where readers must stop if all below `highWatermark` is safe.
    func lastStable(_ highWatermark: Offset) -> Offset {
        var open = baseline.compactMapValues(\.openStart)
        var undecided = highWatermark
        for batch in history {
            switch batch.kind {
            case .plain, .idempotent: break
            case .transactional: open[batch.producer] = open[batch.producer] ?? batch.base
            case .marker:
                guard let first = open.removeValue(forKey: batch.producer) else { continue }
                if batch.base >= highWatermark { undecided = min(undecided, first) }
            }
        }
        return max(start, open.values.reduce(undecided, min))
    }

    // MARK: Reading

    /// What a read-committed consumer sees below an offset that is stable.
    func committed(from: Offset, upTo limit: Offset) -> [Entry] {
        decided().filter { $0.offset >= from && $0.offset < limit }
    }

    /// All records that are in no transaction, or in one that was committed.
    private func decided() -> [Entry] {
        var waiting: [Int64: [Entry]] = [:]
        var entries: [Entry] = []
        for batch in history {
            switch batch.kind {
            case .plain, .idempotent: entries += batch.entries
            case .transactional: waiting[batch.producer, default: []] += batch.entries
            case .marker(let isCommit, _):
                let ended = waiting.removeValue(forKey: batch.producer) ?? []
                if isCommit { entries += ended }
            }
        }
        return entries.sorted { $0.offset < $1.offset }
    }

    func check(_ found: [Entry], from: Offset, upTo limit: Offset, _ place: String) throws(Failure) {
        var latest: [String: Offset] = [:]
        for entry in decided() where entry.offset < compacted { latest[entry.key] = entry.offset }
        var expected = committed(from: max(from, start), upTo: limit)[...]
        func checkMissing(_ entry: Entry) throws(Failure) {
            guard entry.offset < compacted, latest[entry.key] != entry.offset else {
                throw Failure(description: "\(place): missing \(entry)")
            }
        }
        for entry in found {
            while let first = expected.first, first.offset < entry.offset {
                try checkMissing(first)
                expected.removeFirst()
            }
            guard let first = expected.popFirst(), first == entry else {
                throw Failure(description: "\(place): \(entry) must not be seen")
            }
        }
        for entry in expected { try checkMissing(entry) }
    }

    // MARK: Restart

    /// A log was opened: compares what it says of itself, and forgets what a power cut took.
    mutating func didOpen(_ log: PartitionLog, tookPower: Bool) throws(Failure) {
        let found = log.offsets.end
        guard found >= synced else { throw Failure(description: "lost \(found)..<\(synced)") }
        guard found <= end else { throw Failure(description: "ends at \(found), appended up to \(end)") }
        guard tookPower || found == end else { throw Failure(description: "lost \(found)..<\(end)") }
        history.removeAll { $0.next > found }
        end = found
        synced = found
        start = log.offsets.start
        if start == found, tookPower { beginAnew(as: log) }
        producers = baseline
        for batch in history where batch.producer >= 0 {
            producers[batch.producer, default: Producer()].apply(batch)
        }
        for (id, producer) in producers { try adopt(producer, of: id, from: log) }
        guard log.offsets.lastStable == lastStable(found) else {
            throw Failure(
                description: "stable up to \(log.offsets.lastStable), expected \(lastStable(found))")
        }
    }

    /// All was deleted, and then a power cut took some of it: how much, nobody can tell.
    private mutating func beginAnew(as log: PartitionLog) {
        history = []
        baseline = log.producers.entries.reduce(into: [:]) { baseline, element in
            let (id, entry) = element
            var producer = Producer(
                epoch: entry.epoch.rawValue, coordinator: entry.coordinatorEpoch,
                openStart: entry.openTransactionStart)
            if let batch = entry.lastBatch {
                producer.recent = [
                    Producer.Sent(
                        first: batch.lastSequence < 0 ? -1 : batch.firstSequence, last: batch.lastSequence,
                        offset: batch.firstOffset, lastOffset: batch.lastOffset)
                ]
            }
            baseline[id.rawValue] = producer
        }
    }

    private mutating func adopt(
        _ producer: Producer, of id: Int64, from log: PartitionLog
    ) throws(Failure) {
        let place = "producer \(id) after a restart"
        guard let entry = log.producers[ProducerID(rawValue: id)] else {
            let lastOffset = history.last { $0.producer == id }?.base ?? .none
            guard producer.openStart == nil, expired.contains(id) || lastOffset < start else {
                throw Failure(description: "\(place) is forgotten")
            }
            producers[id] = nil
            expired.insert(id)
            return
        }
        guard entry.openTransactionStart == producer.openStart else {
            throw Failure(description: "\(place) has begun at \(entry.openTransactionStart ?? .none)")
        }
        let isSame =
            entry.epoch.rawValue == producer.epoch
            && entry.lastBatch?.lastSequence == producer.recent.last?.last
            && (entry.coordinatorEpoch == producer.coordinator || compacted > 0)
        guard isSame || expired.contains(id) else {
            throw Failure(description: "\(place) is \(entry), expected \(producer)")
        }
        var known = producer
        known.epoch = entry.epoch.rawValue
        known.coordinator = entry.coordinatorEpoch
        if entry.lastBatch == nil { known.recent = [] }
        known.certainCount = min(1, known.recent.count)
        producers[id] = known
    }
}
