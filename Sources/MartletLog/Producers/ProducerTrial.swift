internal import MartletCore
internal import MartletRecords

/// The producers as they will be when a set of batches has been appended. Until it is written nothing has
/// changed.
struct ProducerTrial {
    /// Nearly every set is one batch; so nothing is allocated for it.
    private var single: (producer: ProducerID, entry: ProducerEntry)?
    private var others: [ProducerID: ProducerEntry] = [:]

    /// Checks the batches one after another; `bytes` are theirs. Answers the batch of old if the first was
    /// sent before.
    mutating func check(
        _ headers: [BatchHeader], _ bytes: UnsafeRawBufferPointer, from firstOffset: Offset,
        origin: AppendOrigin, in states: ProducerStates,
        of topicPartition: TopicPartition, now: Timestamp
    ) throws(LogError) -> ProducerEntry.Batch? {
        var offset = firstOffset
        var position = 0
        for (index, header) in headers.enumerated() {
            if origin == .replication { offset = header.baseOffset }
            defer {
                offset = offset + Int64(header.lastOffsetDelta) + 1
                position += header.byteCount
            }
            guard header.hasProducerID else { continue }
            var entry = self.entry(for: header.producerID) ?? states[header.producerID] ?? ProducerEntry()
            do throws(ProducerSequenceError) {
                if case .duplicate(let batch) = try entry.check(header, origin: origin) {
                    if index == 0 { return batch }
                    // Half of the set is new and half is not: no client sends that.
                    throw .outOfOrder(
                        header.producerID, expected: BatchHeader.sequence(batch.lastSequence, advancedBy: 1),
                        found: header.baseSequence)
                }
            } catch {
                throw .invalidSequence(topicPartition, error)
            }
            var marker: TransactionMarker?
            if header.isControl {
                let batch = bytes[position..<position + header.byteCount]
                marker = TransactionMarker(Bytes(copying: UnsafeRawBufferPointer(rebasing: batch)))
            }
            entry.append(header, at: offset, marker: marker, now: now)
            store(entry, for: header.producerID)
        }
        return nil
    }

    /// The set is in the log.
    mutating func apply(to states: inout ProducerStates) {
        if let single { states.store(single.entry, for: single.producer) }
        for (producer, entry) in others { states.store(entry, for: producer) }
    }

    private func entry(for producer: ProducerID) -> ProducerEntry? {
        if let single, single.producer == producer { return single.entry }
        return others[producer]
    }

    private mutating func store(_ entry: ProducerEntry, for producer: ProducerID) {
        if single == nil || single?.producer == producer {
            single = (producer, entry)
        } else {
            others[producer] = entry
        }
    }
}
