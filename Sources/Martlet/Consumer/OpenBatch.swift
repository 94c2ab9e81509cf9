internal import MartletCore
internal import Synchronization

/// A batch whose records are being handed out one by one. Whoever lets go of it before its end gives the rest
/// back: the consumer reads it again.
final class OpenBatch {
    private let consumer: Consumer
    private let partition: TopicPartition
    private var records: ConsumerBatch.Iterator
    /// Of the next record; nil at the end.
    private var position: Offset?
    /// Tells whether somebody has gone elsewhere meanwhile.
    private let place: Place?

    fileprivate struct Place: Equatable {
        let assignment: Int
        let round: Int
    }

    init(_ batch: ConsumerBatch, of consumer: Consumer) {
        self.consumer = consumer
        partition = batch.partition
        records = batch.makeIterator()
        position = batch.firstOffset
        place = consumer.state.withLock { Place($0, of: batch.partition) }
    }

    deinit {
        if let position { consumer.giveBack(partition, from: position, place) }
    }

    func next() -> ConsumerRecord? {
        guard let record = records.next() else {
            position = nil
            return nil
        }
        position = record.offset + 1
        return ConsumerRecord(partition: partition, record: record)
    }
}

extension OpenBatch.Place {
    fileprivate init?(_ state: ConsumerState, of partition: TopicPartition) {
        guard let reader = state.readers[partition] else { return nil }
        self.init(assignment: state.assignments, round: reader.round)
    }
}

extension Consumer {
    fileprivate func giveBack(_ partition: TopicPartition, from offset: Offset, _ place: OpenBatch.Place?) {
        let isCurrent = state.withLock { state in
            guard place == OpenBatch.Place(state, of: partition), let reader = state.readers[partition],
                reader.position > offset
            else { return false }
            state.seek(partition, to: .offset(offset))
            return true
        }
        if isCurrent { wakeup.signal() }
    }
}
