internal import MartletCore

/// The producers of a log at some offset, as a file: so that a start need not read the whole log.
///
/// Version (int16, 1), CRC-32C of all that follows (uint32), count (int32), then per producer: id (int64),
/// epoch (int16), last sequence (int32), last offset (int64), offset delta (int32), time (int64), coordinator
/// epoch (int32), first offset of the open transaction (int64, -1 if none).
package enum ProducerSnapshot {
    private static let version: Int16 = 1
    private static let headByteCount = 6
    private static let entryByteCount = 46

    package static func encode(_ states: ProducerStates) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(4 + states.entries.count * entryByteCount)
        body.append(bigEndian: Int32(clamping: states.entries.count))
        for (producer, entry) in states.entries.sorted(by: { $0.key < $1.key }) {
            let batch = entry.lastBatch
            body.append(bigEndian: producer.rawValue)
            body.append(bigEndian: entry.epoch.rawValue)
            body.append(bigEndian: batch?.lastSequence ?? -1)
            body.append(bigEndian: batch?.lastOffset.rawValue ?? -1)
            body.append(bigEndian: batch?.offsetDelta ?? 0)
            body.append(bigEndian: entry.lastHeard.rawValue)
            body.append(bigEndian: entry.coordinatorEpoch)
            body.append(bigEndian: entry.openTransactionStart?.rawValue ?? -1)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headByteCount + body.count)
        bytes.append(bigEndian: version)
        bytes.append(bigEndian: body.withUnsafeBytes { CRC32C.checksum(of: $0) })
        return bytes + body
    }

    /// Nil if the bytes are not a snapshot, or damaged.
    package static func decode(_ bytes: UnsafeRawBufferPointer) -> ProducerStates? {
        guard bytes.count >= headByteCount + 4, bytes.bigEndian(Int16.self, at: 0) == version else {
            return nil
        }
        let body = UnsafeRawBufferPointer(rebasing: bytes[headByteCount...])
        guard CRC32C.checksum(of: body) == bytes.bigEndian(UInt32.self, at: 2) else { return nil }
        let count = Int(body.bigEndian(Int32.self, at: 0))
        guard count >= 0, body.count == 4 + count * entryByteCount else { return nil }
        var entries: [ProducerID: ProducerEntry] = [:]
        for index in 0..<count {
            let start = 4 + index * entryByteCount
            let lastOffset = body.bigEndian(Int64.self, at: start + 14)
            let timestamp = Timestamp(rawValue: body.bigEndian(Int64.self, at: start + 26))
            let transaction = body.bigEndian(Int64.self, at: start + 38)
            let batch =
                lastOffset < 0
                ? nil
                : ProducerEntry.Batch(
                    lastSequence: body.bigEndian(Int32.self, at: start + 10),
                    lastOffset: Offset(rawValue: lastOffset),
                    offsetDelta: body.bigEndian(Int32.self, at: start + 22), timestamp: timestamp)
            entries[ProducerID(rawValue: body.bigEndian(Int64.self, at: start))] = ProducerEntry(
                epoch: ProducerEpoch(rawValue: body.bigEndian(Int16.self, at: start + 8)), lastBatch: batch,
                lastHeard: timestamp, coordinatorEpoch: body.bigEndian(Int32.self, at: start + 34),
                openTransactionStart: transaction < 0 ? nil : Offset(rawValue: transaction))
        }
        return ProducerStates(entries)
    }
}
