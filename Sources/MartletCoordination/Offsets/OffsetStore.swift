package import MartletCore

/// The offsets that groups have committed.
package struct OffsetStore {
    package private(set) var byGroup: [GroupID: [TopicName: [PartitionIndex: OffsetCommitValue]]] = [:]

    mutating func apply(_ key: OffsetCommitKey, _ value: OffsetCommitValue?) {
        byGroup[key.group, default: [:]][key.topic, default: [:]][key.partition] = value
        guard value == nil else { return }
        if byGroup[key.group]?[key.topic]?.isEmpty == true { byGroup[key.group]?[key.topic] = nil }
        if byGroup[key.group]?.isEmpty == true { byGroup[key.group] = nil }
    }
}
