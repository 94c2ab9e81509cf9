internal import DequeModule
internal import MartletCore

/// What was fetched and not handed out yet: partitions take turns, those that are paused are left out.
struct FetchQueue {
    private var data: [TopicPartition: Deque<FetchedPartition>] = [:]
    /// Partitions with data that are not paused, in the order of their turn.
    private var turns = Deque<TopicPartition>()
    private var paused: Set<TopicPartition> = []
    /// Of all partitions that are not paused: what others hold up takes no room.
    private(set) var byteCount = 0

    func byteCount(of partition: TopicPartition) -> Int {
        data[partition]?.reduce(0) { $0 + $1.records.count } ?? 0
    }

    mutating func append(_ new: FetchedPartition) {
        let isFirst = data[new.partition] == nil
        data[new.partition, default: []].append(new)
        guard !paused.contains(new.partition) else { return }
        byteCount += new.records.count
        if isFirst { turns.append(new.partition) }
    }

    /// The data whose turn it is; another partition of which there is some comes next.
    mutating func popFirst() -> FetchedPartition? {
        guard let partition = turns.popFirst(), let first = data[partition]?.popFirst() else { return nil }
        byteCount -= first.records.count
        if data[partition]?.isEmpty == true {
            data[partition] = nil
        } else {
            turns.append(partition)
        }
        return first
    }

    /// Drops what there is of a partition.
    mutating func remove(_ partition: TopicPartition) {
        let isPaused = paused.contains(partition)
        guard let gone = data.removeValue(forKey: partition), !isPaused else { return }
        byteCount -= gone.reduce(0) { $0 + $1.records.count }
        turns.removeAll { $0 == partition }
    }

    mutating func setPaused(_ partition: TopicPartition, _ isPaused: Bool) {
        guard paused.contains(partition) != isPaused else { return }
        let waiting = byteCount(of: partition)
        if isPaused {
            paused.insert(partition)
            byteCount -= waiting
            turns.removeAll { $0 == partition }
        } else {
            paused.remove(partition)
            byteCount += waiting
            if data[partition] != nil { turns.append(partition) }
        }
    }

    mutating func removeAll() { self = FetchQueue() }
}
