package import MartletCore
package import MartletWire

/// What both requests that store offsets say of a topic.
protocol OffsetsToStore {
    associatedtype Partition: OffsetToStore

    var name: TopicName { get }
    var id: TopicID { get }
    var partitions: [Partition] { get }
}

/// What both requests that store offsets say of a partition.
protocol OffsetToStore {
    var index: PartitionIndex { get }
    var offset: Offset { get }
    var leaderEpoch: LeaderEpoch { get }
    var metadata: String? { get }
}

extension OffsetCommitRequest.Topic: OffsetsToStore {}
extension OffsetCommitRequest.Partition: OffsetToStore {}
extension TxnOffsetCommitRequest.Topic: OffsetsToStore {}
extension TxnOffsetCommitRequest.Partition: OffsetToStore {}

/// Who stores offsets, and how.
package struct OffsetCommitter {
    package var member = MemberID()
    package var instance: InstanceID?
    /// The generation or the member epoch; below 0 for who is no member.
    package var epoch: Int32 = -1
    /// Of the request.
    package var version: Int16
    package var isTransactional: Bool

    package init(version: Int16, isTransactional: Bool = false) {
        self.version = version
        self.isTransactional = isTransactional
    }
}

/// How offsets are to be stored.
struct OffsetStorage {
    var group: GroupID
    /// The request names topics by their ids.
    var usesTopicIDs: Bool
    /// How long the client needs them; -1 for the broker's setting.
    var retentionTimeMs: Int64 = -1
    /// In whose transaction; nil if they count at once.
    var producer: ProducerID?
    var now: Timestamp
}

extension GroupCoordinator {
    /// Stores the offsets that may be stored, and says for each what came of it.
    ///
    /// - Parameter refusal: Asked once if anything could be stored at all: why the group does not take
    ///   offsets.
    func store<Topic: OffsetsToStore>(
        _ topics: [Topic], _ storage: OffsetStorage, unless refusal: () -> ErrorCode?
    ) -> [[ErrorCode]] {
        // What does not exist is refused whoever asks; if nothing else is left, nobody is asked.
        let found = topics.map { find($0, byID: storage.usesTopicIDs) }
        let isWanted = zip(topics, found).contains { topic, found in
            topic.partitions.contains { found.error(for: $0.index) == .none }
        }
        let refusal = isWanted ? refusal() : nil
        return zip(topics, found).map { topic, found in
            topic.partitions.map { partition in
                let missing = found.error(for: partition.index)
                guard missing == .none, let catalogued = found.topic else { return missing }
                if let error = refusal ?? check(partition) { return error }
                store(partition, of: catalogued, storage)
                return .none
            }
        }
    }

    private func find(_ topic: some OffsetsToStore, byID: Bool) -> FoundTopic {
        byID
            ? FoundTopic(topic: topics[topic.id], missing: .unknownTopicID)
            : FoundTopic(topic: topics[topic.name], missing: .unknownTopicOrPartition)
    }

    private func check(_ partition: some OffsetToStore) -> ErrorCode? {
        let count = partition.metadata?.utf16.count ?? 0
        return count > settings.offsetMetadataMaximumByteCount ? .offsetMetadataTooLarge : nil
    }

    private func store(
        _ partition: some OffsetToStore, of topic: TopicCatalogue.Topic, _ storage: OffsetStorage
    ) {
        var value = OffsetCommitValue()
        value.offset = partition.offset
        value.metadata = partition.metadata ?? ""
        value.commitTimestamp = storage.now
        if storage.retentionTimeMs == -1 {
            value.leaderEpoch = partition.leaderEpoch
            value.topicID = topic.id
        } else {
            // The form of the record that has this time has neither epoch nor id.
            let (end, isTooLate) = storage.now.rawValue.addingReportingOverflow(storage.retentionTimeMs)
            value.expireTimestamp = Timestamp(rawValue: isTooLate ? .max : end)
        }
        let record = CoordinatorRecord.offset(
            OffsetCommitKey(storage.group, topic.name, partition.index), value)
        if let producer = storage.producer { append(record, of: producer) } else { append(record) }
    }
}

/// What the catalogue knows of a topic that somebody asks for.
struct FoundTopic {
    var topic: TopicCatalogue.Topic?
    /// What is said of a topic that is not there.
    var missing: ErrorCode

    func error(for partition: PartitionIndex) -> ErrorCode {
        guard let topic else { return missing }
        return partition >= 0 && Int(partition) < topic.partitionCount ? .none : .unknownTopicOrPartition
    }
}
