/// What a consumer reads, how much at once, and what it does when a position is gone.
public struct ConsumerConfiguration: Sendable {
    /// Whether records of undecided and aborted transactions are read.
    public var isolationLevel = IsolationLevel.readUncommitted
    /// What to do when a partition has no record at the position.
    public var offsetReset = OffsetReset.beginning
    /// Where the consumer runs, in the words of the brokers' own `broker.rack`: it then reads from a replica
    /// in the same rack, if the brokers know one (KIP-392). Nil to read from the leaders.
    public var rack: String?
    /// Checks the checksum of each batch. Costs a tenth of a second per gigabyte or less.
    public var checksChecksums = true
    /// The broker answers when it has this many bytes, or after `maximumWait`.
    public var minimumFetchBytes = 1
    /// How long the broker may wait for `minimumFetchBytes`.
    public var maximumWait = Duration.milliseconds(500)
    /// Bytes to fetch from one broker at once; a single larger batch still comes.
    public var maximumFetchBytes = 16 << 20
    /// Bytes to fetch from one partition at once; a single larger batch still comes.
    public var maximumPartitionFetchBytes = 4 << 20
    /// While this many bytes wait to be taken, no more are fetched.
    public var prefetchBytes = 16 << 20
    /// What one compressed batch may become in memory.
    public var maximumDecompressedBytes = 256 << 20
    /// How long a partition may be out of reach before `poll` throws; it may then be called again. Nil for
    /// ever.
    public var unavailabilityTimeout: Duration? = .seconds(60)

    public init() {}

    func validate() throws(MartletError) {
        func demand(_ value: Int, _ name: String) throws(MartletError) {
            guard value > 0, value <= Int(Int32.max) else {
                throw MartletError(.invalidConfiguration, "\(name) must be from 1 to \(Int32.max)")
            }
        }
        try demand(minimumFetchBytes, "minimumFetchBytes")
        try demand(maximumFetchBytes, "maximumFetchBytes")
        try demand(maximumPartitionFetchBytes, "maximumPartitionFetchBytes")
        try demand(prefetchBytes, "prefetchBytes")
        guard maximumWait >= .zero else {
            throw MartletError(.invalidConfiguration, "maximumWait cannot be negative")
        }
    }
}

/// Whether a reader sees records of transactions that are undecided or aborted.
public enum IsolationLevel: Int8, Sendable, CaseIterable {
    case readUncommitted = 0
    case readCommitted = 1
}

/// What to do when a partition has no record at the wanted offset: deleted by retention, or not written yet.
public enum OffsetReset: Hashable, Sendable {
    /// Go on with the first record that there is.
    case beginning
    /// Go on with the next record that is written.
    case end
    /// Go on with the first record that is no older than this; at the end if there is none (KIP-1106).
    case ago(Duration)
    /// Throw `offsetOutOfRange`.
    case fail
}
