package import MartletCore

/// The offsets that groups have stored: those that count, and those of open transactions.
package struct OffsetStore {
    package private(set) var byGroup: [GroupID: [TopicName: [PartitionIndex: OffsetCommitValue]]] = [:]
    private(set) var pending = PendingOffsets()

    package subscript(key: OffsetCommitKey) -> OffsetCommitValue? {
        byGroup[key.group]?[key.topic]?[key.partition]
    }

    /// Whether there is anything that belongs to the group, now or when a transaction ends.
    func contains(_ group: GroupID) -> Bool { byGroup[group] != nil || pending.contains(group) }

    /// Whether there is anything to delete, now or when a transaction ends.
    func contains(_ key: OffsetCommitKey) -> Bool { self[key] != nil || pending.contains(key) }

    /// All that belongs to a group, in order.
    func keys(of group: GroupID) -> [OffsetCommitKey] {
        let counting = (byGroup[group] ?? [:]).flatMap { topic, values in
            values.keys.map { OffsetCommitKey(group, topic, $0) }
        }
        return Self.sorted(counting, pending.keys(of: group))
    }

    /// All offsets of the kind that is asked for, in order.
    func keys(where isWanted: (TopicName, OffsetCommitValue) -> Bool) -> [OffsetCommitKey] {
        var counting: [OffsetCommitKey] = []
        for (group, topics) in byGroup {
            for (topic, values) in topics {
                for (index, value) in values where isWanted(topic, value) {
                    counting.append(OffsetCommitKey(group, topic, index))
                }
            }
        }
        return Self.sorted(counting, pending.keys(where: isWanted))
    }

    private static func sorted(_ counting: [OffsetCommitKey], _ pending: [OffsetCommitKey])
        -> [OffsetCommitKey]
    {
        let keys = pending.isEmpty ? counting : Array(Set(counting).union(pending))
        return keys.sorted {
            ($0.group.rawValue, $0.topic, $0.partition) < ($1.group.rawValue, $1.topic, $1.partition)
        }
    }

    // MARK: Change

    /// Takes over a record that counts at once. One without a value puts an end to what is pending, too.
    mutating func apply(_ key: OffsetCommitKey, _ value: OffsetCommitValue?) {
        set(key, value)
        if value == nil { pending.remove(key) } else { pending.supersede(key) }
    }

    /// Takes over a record that counts when the transaction of its producer is committed.
    mutating func apply(_ key: OffsetCommitKey, _ value: OffsetCommitValue, of producer: ProducerID) {
        pending.add(key, value, of: producer)
    }

    /// Ends the transaction of a producer.
    mutating func end(_ producer: ProducerID, isCommit: Bool) {
        for (key, value) in pending.end(producer, isCommit: isCommit) { set(key, value) }
    }

    private mutating func set(_ key: OffsetCommitKey, _ value: OffsetCommitValue?) {
        byGroup[key.group, default: [:]][key.topic, default: [:]][key.partition] = value
        guard value == nil else { return }
        if byGroup[key.group]?[key.topic]?.isEmpty == true { byGroup[key.group]?[key.topic] = nil }
        if byGroup[key.group]?.isEmpty == true { byGroup[key.group] = nil }
    }
}
