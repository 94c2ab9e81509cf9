import MartletCore
import MartletRecords

/// One partition of the model broker: batches in memory, with the checks that make producers idempotent.
struct ModelLog {
    private struct ProducerState {
        var epoch: ProducerEpoch
        /// The last five batches: first sequence, last sequence, base offset.
        var recent: [(first: Int32, last: Int32, offset: Offset)] = []
    }

    private(set) var batches: [(header: BatchHeader, bytes: Bytes)] = []
    var start: Offset = 0
    private(set) var end: Offset = 0
    private var producers: [ProducerID: ProducerState] = [:]

    enum AppendResult {
        case appended(Offset)
        case refused(ErrorCode)
    }

    mutating func append(_ bytes: Bytes, keeps: Bool = true) -> AppendResult {
        let header: BatchHeader
        do {
            header = try bytes.withUnsafeBytes { bytes throws(RecordError) in
                try BatchHeader.validated(bytes, from: .client)
            }
        } catch {
            return .refused(error.errorCode)
        }
        if header.hasProducerID {
            if let known = check(header) { return known }
        }
        let base = end
        end = base + Int64(header.recordCount)
        if header.hasProducerID {
            producers[header.producerID]?.recent.append((header.baseSequence, header.lastSequence, base))
            if (producers[header.producerID]?.recent.count ?? 0) > 5 {
                producers[header.producerID]?.recent.removeFirst()
            }
        }
        if keeps {
            let copy = bytes.withUnsafeBytes { Bytes(copying: $0) }
            copy.withExclusiveMutableBytes {
                BatchHeader.stamp(baseOffset: base, leaderEpoch: LeaderEpoch(rawValue: 0), in: $0)
            }
            if let stamped = copy.withUnsafeBytes({ try? BatchHeader($0) }) {
                batches.append((stamped, copy))
            }
        }
        return .appended(base)
    }

    /// - Returns: nil if the batch is the next of its producer.
    private mutating func check(_ header: BatchHeader) -> AppendResult? {
        guard let state = producers[header.producerID] else {
            producers[header.producerID] = ProducerState(epoch: header.producerEpoch)
            return nil
        }
        if header.producerEpoch < state.epoch { return .refused(.invalidProducerEpoch) }
        if header.producerEpoch > state.epoch {
            guard header.baseSequence == 0 else { return .refused(.outOfOrderSequenceNumber) }
            producers[header.producerID] = ProducerState(epoch: header.producerEpoch)
            return nil
        }
        if let same = state.recent.first(where: {
            $0.first == header.baseSequence && $0.last == header.lastSequence
        }) {
            return .appended(same.offset)
        }
        let expected = state.recent.last.map { BatchHeader.sequence($0.last, advancedBy: 1) } ?? 0
        return header.baseSequence == expected ? nil : .refused(.outOfOrderSequenceNumber)
    }

    /// Forgets what producers have sent, as after losing a snapshot; sequences then have to begin at 0.
    mutating func forgetProducers() {
        for id in producers.keys { producers[id]?.recent = [] }
    }

    /// Flips a bit in the last byte of the first batch.
    mutating func damage() {
        var bytes = [UInt8](batches[0].bytes)
        bytes[bytes.count - 1] ^= 1
        batches[0].bytes = Bytes(bytes)
    }

    /// The values of all records, in order.
    func values() throws -> [Bytes?] {
        var values: [Bytes?] = []
        for batch in batches {
            for record in try RecordBatch(batch.bytes).records().all() { values.append(record.value) }
        }
        return values
    }

    /// Whole batches from the one that holds an offset on.
    func read(from offset: Offset, maximumBytes: Int) -> Bytes {
        var first = 0
        var last = batches.count
        while first < last {
            let middle = (first + last) / 2
            if batches[middle].header.nextOffset <= offset { first = middle + 1 } else { last = middle }
        }
        var bytes: [UInt8] = []
        while first < batches.count, bytes.isEmpty || bytes.count + batches[first].bytes.count <= maximumBytes
        {
            batches[first].bytes.withUnsafeBytes { bytes.append(contentsOf: $0) }
            first += 1
        }
        return Bytes(bytes)
    }

    func firstOffset(atOrAfter time: Int64) throws -> (Offset, Int64)? {
        for batch in batches where batch.header.maxTimestamp.rawValue >= time {
            for record in try RecordBatch(batch.bytes).records().all() where record.timestamp.rawValue >= time
            {
                return (record.offset, record.timestamp.rawValue)
            }
        }
        return nil
    }
}
