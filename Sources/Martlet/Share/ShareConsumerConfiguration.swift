public import MartletCore

/// Which share group a consumer belongs to, and how much it takes at once.
public struct ShareConsumerConfiguration: Sendable {
    /// Members with the same name take records from the same queue.
    public var group: GroupID
    public var topics: [TopicName]
    /// Where the member runs.
    public var rack: String?
    /// When records that nothing was said of count as accepted.
    public var completion = RecordCompletion.onNextPoll
    /// How long acknowledgements wait for the next request for records before they are sent by themselves.
    /// Nil to send them only by `poll` and `commit`.
    public var autoCommitInterval: Duration? = .seconds(1)
    /// Records to take at once from one broker; how strictly is for `acquireMode` to say. What is taken is
    /// locked: take no more than can be done before the locks run out.
    public var maximumRecords = 500
    /// How closely brokers keep to `maximumRecords`.
    public var acquireMode = AcquireMode.batchOptimized
    /// The broker answers when it has this many bytes, or after `maximumWait`.
    public var minimumFetchBytes = 1
    /// How long the broker may wait for `minimumFetchBytes`.
    public var maximumWait = Duration.milliseconds(500)
    /// Bytes to fetch from one broker at once; a single larger batch still comes.
    public var maximumFetchBytes = 16 << 20
    /// Checks the checksum of each batch. Costs a tenth of a second per gigabyte or less.
    public var checksChecksums = true
    /// What one compressed batch may become in memory.
    public var maximumDecompressedBytes = 256 << 20

    public init(group: GroupID, topics: [TopicName]) {
        self.group = group
        self.topics = topics
    }

    public init(group: GroupID, topics: TopicName...) {
        self.init(group: group, topics: topics)
    }

    func validate() throws(MartletError) {
        func demand(_ holds: Bool, _ sentence: String) throws(MartletError) {
            if !holds { throw MartletError(.invalidConfiguration, sentence) }
        }
        func demand(_ value: Int, _ name: String, from lowest: Int = 1) throws(MartletError) {
            try demand(
                value >= lowest && value <= Int(Int32.max), "\(name) must be from \(lowest) to \(Int32.max)")
        }
        try demand(!group.rawValue.isEmpty, "name the group")
        try demand(!topics.isEmpty, "name at least one topic")
        for topic in topics { try demand(topic.isValid, "\"\(topic)\" is no topic name") }
        try demand(maximumRecords, "maximumRecords")
        try demand(minimumFetchBytes, "minimumFetchBytes", from: 0)
        try demand(maximumFetchBytes, "maximumFetchBytes")
        try demand(maximumDecompressedBytes, "maximumDecompressedBytes")
        try demand(maximumWait >= .zero, "maximumWait cannot be negative")
        if let autoCommitInterval {
            try demand(
                autoCommitInterval > .zero, "autoCommitInterval must be positive; nil turns it off")
        }
    }
}

/// How closely a broker keeps to the number of records that a member of a share group takes at once
/// (KIP-1206).
public enum AcquireMode: Sendable, CaseIterable {
    /// Whole batches as they were produced, even beyond the limit. Costs the broker least.
    case batchOptimized
    /// Never more than the limit. A broker that does not know this mode (before ShareFetch 2) takes it for
    /// the other.
    case recordLimit
}
