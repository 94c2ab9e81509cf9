public import MartletCore
public import MartletRecords

/// Which share group a consumer belongs to, and how much it takes at once.
public struct ShareConsumerConfiguration: Sendable {
    /// Members with the same name take records from the same queue.
    public var group: GroupID
    public var topics: [TopicName]
    /// Where the member runs.
    public var rack: String?
    /// Records to take at once from one broker, at most.
    public var maximumRecords = 500
    /// How long the broker may wait for records.
    public var maximumWait = Duration.milliseconds(500)
    /// Bytes to fetch from one broker at once; a single larger batch still comes.
    public var maximumFetchBytes = 16 << 20
    /// What one compressed batch may become in memory.
    public var maximumDecompressedBytes = 256 << 20

    public init(group: GroupID, topics: [TopicName]) {
        self.group = group
        self.topics = topics
    }

    func validate() throws(MartletError) {
        guard !group.rawValue.isEmpty else {
            throw MartletError(.invalidConfiguration, "name the group")
        }
        guard !topics.isEmpty, topics.allSatisfy(\.isValid) else {
            throw MartletError(.invalidConfiguration, "name at least one topic, and legal names only")
        }
        guard (1...Int(Int32.max)).contains(maximumRecords), maximumWait >= .zero,
            (1...Int(Int32.max)).contains(maximumFetchBytes)
        else {
            throw MartletError(
                .invalidConfiguration, "maximumRecords and maximumFetchBytes must be from 1 to \(Int32.max)")
        }
    }
}

/// A record that a member of a share group has taken, for as long as the group's lock lasts.
public struct ShareRecord: Hashable, Sendable {
    public var partition: TopicPartition
    public var record: Record
    /// How often it has been delivered, this time included.
    public var deliveryCount: Int

    public var offset: Offset { record.offset }
    public var key: Bytes? { record.key }
    public var value: Bytes? { record.value }
}

/// What becomes of a record that was taken.
public enum Acknowledgement: Sendable, CaseIterable {
    /// It is done.
    case accept
    /// Not done: somebody may have it again.
    case release
    /// Cannot be done: nobody shall have it again.
    case reject
}
