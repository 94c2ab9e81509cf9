import MartletCore
import MartletLog
import MartletRecords

/// What a log must hold, kept beside it in the plainest form.
struct LogLifeModel {
    struct Entry: Equatable {
        var offset: Offset
        var key: String
        /// Nil marks the key as deleted.
        var value: String?
        var timestamp: Timestamp
        var headers: [RecordHeader]
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Everything that was appended and not cut off again, by offset.
    private(set) var entries: [Entry] = []
    /// Where batches end: a log is cut there and nowhere else.
    private var batchEnds: [Offset] = []
    /// Last sequence of each producer, with the offset behind it.
    private var sequences: [Int64: [(end: Offset, next: Int32)]] = [:]
    /// Everything below was acknowledged, and must survive.
    var synced: Offset = 0
    /// Below this, records may be missing of which the log has newer ones.
    var compacted: Offset = 0
    /// The start that survives a crash, and the start that was last seen.
    var durableStart: Offset = 0
    var start: Offset = 0

    /// Where an empty log begins.
    private var floor: Offset = 0

    var end: Offset { entries.last.map { $0.offset + 1 } ?? floor }

    mutating func append(_ batch: [Entry], producer: Int64?) {
        entries += batch
        batchEnds.append(end)
        guard let producer else { return }
        let next = (sequences[producer]?.last?.next ?? 0) + Int32(batch.count)
        sequences[producer, default: []].append((end, next))
    }

    func nextSequence(of producer: Int64) -> Int32 { sequences[producer]?.last?.next ?? 0 }

    /// A log was opened: compares what it says of itself, and forgets what a power cut took.
    mutating func didOpen(_ log: PartitionLog) throws(Failure) {
        let found = log.offsets.end
        guard found >= synced else {
            throw Failure(description: "lost offsets \(found)..<\(synced), which were synced")
        }
        guard found <= max(end, durableStart) else {
            throw Failure(description: "ends at \(found), appended up to \(end)")
        }
        guard log.offsets.highWatermark == found else { throw Failure(description: "recovered, not visible") }
        guard found == floor || found == durableStart || found == end || batchEnds.contains(found) else {
            throw Failure(description: "half a batch survived at \(found)")
        }
        entries.removeAll { $0.offset >= found }
        batchEnds.removeAll { $0 > found }
        for producer in sequences.keys.sorted() { sequences[producer]?.removeAll { $0.end > found } }
        guard log.offsets.start >= durableStart, log.offsets.start <= max(start, durableStart)
        else {
            throw Failure(
                description: "starts at \(log.offsets.start), expected \(durableStart) to \(start)")
        }
        floor = found
        if log.offsets.start == found {
            // Deleted to its end: how much of it a power cut took before that, nobody can tell.
            for producer in sequences.keys {
                let last = log.producers[ProducerID(rawValue: producer)]?.lastBatch?.lastSequence
                sequences[producer] = [(found, last.map { $0 + 1 } ?? 0)]
            }
        }
        synced = found
        start = log.offsets.start
        durableStart = start
        try checkProducers(log)
    }

    private func checkProducers(_ log: PartitionLog) throws(Failure) {
        for (producer, batches) in sequences {
            let expected = batches.last?.next ?? 0
            let found = log.producers[ProducerID(rawValue: producer)]?.lastBatch.map { $0.lastSequence + 1 }
            // A log without any of its batches may have forgotten it.
            guard found == expected || (found == nil && (batches.last?.end ?? 0) <= start) else {
                throw Failure(
                    description: "producer \(producer) is at \(found ?? 0), expected \(expected)")
            }
        }
    }

    /// Compares what was read from the start of the log with what was appended.
    func check(_ found: [Entry], upTo limit: Offset, keepsAll: Bool) throws(Failure) {
        var expected = entries.drop { $0.offset < start }[...]
        expected = expected.prefix { $0.offset < limit }
        var latest: [String: Offset] = [:]
        for entry in expected where entry.offset < compacted { latest[entry.key] = entry.offset }
        for entry in found {
            while let first = expected.first, first.offset < entry.offset {
                try checkMissing(first, latest, keepsAll: keepsAll)
                expected.removeFirst()
            }
            guard let first = expected.first, first == entry else {
                throw Failure(
                    description: "read \(entry), expected \(expected.first.map { "\($0)" } ?? "nothing")")
            }
            expected.removeFirst()
        }
        for entry in expected { try checkMissing(entry, latest, keepsAll: keepsAll) }
    }

    private func checkMissing(_ entry: Entry, _ latest: [String: Offset], keepsAll: Bool) throws(Failure) {
        let isReplaced = !keepsAll && entry.offset < compacted
        let mayGo = isReplaced && (latest[entry.key] != entry.offset || entry.value == nil)
        guard mayGo else { throw Failure(description: "missing: \(entry)") }
    }
}
