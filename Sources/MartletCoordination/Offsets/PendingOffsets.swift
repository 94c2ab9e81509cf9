internal import MartletCore

/// Offsets that producers have stored in transactions that are still open.
///
/// What stands later in the log wins, whenever its transaction ends. So the offsets of one partition are kept
/// in the order of the log, and whatever comes to count makes all before it worthless. That they are pending
/// stays true until their transactions end: a reader who wants to be sure has to wait for that.
struct PendingOffsets {
    private struct Entry {
        let producer: ProducerID
        /// nil when something later in the log counts already.
        var value: OffsetCommitValue?
    }

    private var entries: [GroupID: [TopicName: [PartitionIndex: [Entry]]]] = [:]
    /// Where each open transaction has entries.
    private var keys: [ProducerID: Set<OffsetCommitKey>] = [:]

    // MARK: What is pending

    func contains(_ group: GroupID) -> Bool { entries[group] != nil }

    func contains(_ key: OffsetCommitKey) -> Bool {
        entries[key.group]?[key.topic]?[key.partition] != nil
    }

    /// For which partitions a group has pending offsets, in no order.
    func keys(of group: GroupID) -> [OffsetCommitKey] {
        (entries[group] ?? [:]).flatMap { topic, partitions in
            partitions.keys.map { OffsetCommitKey(group, topic, $0) }
        }
    }

    /// Where a pending offset is of the kind that is asked for, in no order.
    func keys(where isWanted: (TopicName, OffsetCommitValue) -> Bool) -> [OffsetCommitKey] {
        entries.keys.flatMap { keys(of: $0) }.filter { key in
            (entries[key.group]?[key.topic]?[key.partition] ?? []).contains { entry in
                entry.value.map { isWanted(key.topic, $0) } ?? false
            }
        }
    }

    // MARK: What happens

    /// Notes what a producer stores, in place of what it has stored for the partition before.
    mutating func add(_ key: OffsetCommitKey, _ value: OffsetCommitValue, of producer: ProducerID) {
        keys[producer, default: []].insert(key)
        change(key) { entries in
            entries.removeAll { $0.producer == producer }
            entries.append(Entry(producer: producer, value: value))
        }
    }

    /// Somebody has stored an offset that counts at once.
    mutating func supersede(_ key: OffsetCommitKey) {
        guard contains(key) else { return }
        change(key) { entries in
            for index in entries.indices { entries[index].value = nil }
        }
    }

    /// Forgets all that is pending for a partition.
    mutating func remove(_ key: OffsetCommitKey) {
        guard contains(key) else { return }
        var producers: [ProducerID] = []
        change(key) { entries in
            producers = entries.map(\.producer)
            entries = []
        }
        for producer in producers { forget(key, of: producer) }
    }

    /// Ends the transaction of a producer, and hands out what counts from now on if it was committed.
    mutating func end(
        _ producer: ProducerID, isCommit: Bool
    ) -> [(key: OffsetCommitKey, value: OffsetCommitValue)] {
        var counting: [(key: OffsetCommitKey, value: OffsetCommitValue)] = []
        for key in keys.removeValue(forKey: producer) ?? [] {
            change(key) { entries in
                guard let index = entries.firstIndex(where: { $0.producer == producer }) else { return }
                let entry = entries.remove(at: index)
                guard isCommit, let value = entry.value else { return }
                counting.append((key, value))
                for earlier in 0..<index { entries[earlier].value = nil }
            }
        }
        return counting
    }

    /// Changes the entries of one partition. Nothing is left of a partition, topic or group without any.
    private mutating func change(_ key: OffsetCommitKey, _ body: (inout [Entry]) -> Void) {
        body(&entries[key.group, default: [:]][key.topic, default: [:]][key.partition, default: []])
        guard entries[key.group]?[key.topic]?[key.partition]?.isEmpty == true else { return }
        entries[key.group]?[key.topic]?[key.partition] = nil
        if entries[key.group]?[key.topic]?.isEmpty == true { entries[key.group]?[key.topic] = nil }
        if entries[key.group]?.isEmpty == true { entries[key.group] = nil }
    }

    private mutating func forget(_ key: OffsetCommitKey, of producer: ProducerID) {
        keys[producer]?.remove(key)
        if keys[producer]?.isEmpty == true { keys[producer] = nil }
    }
}
