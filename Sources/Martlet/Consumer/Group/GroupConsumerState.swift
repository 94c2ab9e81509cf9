internal import MartletCore

/// What the tasks that use a consumer and the one that keeps it in its group share.
struct GroupConsumerState {
    typealias Instant = ContinuousClock.Instant

    /// A call of `commit` that is to be carried out.
    struct CommitRequest {
        let id: Int
        /// Nil for all that is done by the time it is sent.
        var offsets: [TopicPartition: GroupOffset]?
    }

    typealias CommitContinuation = CheckedContinuation<Result<Void, MartletError>, Never>

    /// Commits that may wait at a time.
    static let maximumCommitRequests = 1_000

    var ownership = Ownership()
    /// Who the group takes us for; tells the coordinator whose offsets these are.
    var identity = OffsetCommitExchange.Member()
    var commitRequests: [CommitRequest] = []
    /// Who waits for the answer of which commit. Those of `commitSoon` do not.
    var commitWaiters: [Int: CommitContinuation] = [:]
    var nextCommitID = 0
    /// What the member reads now.
    var subscription: Subscription
    /// The user wants the group to divide its partitions anew.
    var wantsRebalance = false
    /// The rest of a batch whose records are being handed out one by one.
    var cursor: RecordCursor?
    var isRunning = false
    /// The loop is to end after what it is just doing.
    var isStopping = false
    var hasLeft = false
    /// No more is to be done: closed, or beyond repair.
    var ending: MartletError?
    /// A commit was not answered: before anything is handed out, the coordinator is asked where the group is.
    var isPositionDoubtful = false
    var isPolling = false
    /// Nothing more is to be handed out.
    var isReadingOver = false
    /// Whoever polls has been told so.
    var knowsEnd = false
    /// The member is to leave when what it was handed is done, or at this time.
    var drainDeadline: Instant?
    /// When the user last came back. Nil before the first time.
    var lastPoll: Instant?

    init(subscription: Subscription) {
        self.subscription = subscription
    }

    /// How long the user has been busy with what was handed out.
    func idleTime(at now: Instant) -> Duration? {
        guard !isPolling, let lastPoll else { return nil }
        return now - lastPoll
    }
}

/// Goes through the records of one batch.
struct RecordCursor {
    let partition: TopicPartition
    let nextOffset: Offset
    let epoch: LeaderEpoch
    private var records: ConsumerBatch.Iterator
    /// Offset of the next record, or of the first.
    private(set) var position: Offset

    init(_ batch: ConsumerBatch) {
        partition = batch.partition
        nextOffset = batch.nextOffset
        epoch = batch.leaderEpoch
        records = batch.makeIterator()
        position = batch.firstOffset
    }

    mutating func next() -> ConsumerRecord? {
        guard let record = records.next() else { return nil }
        position = record.offset + 1
        return ConsumerRecord(partition: partition, record: record)
    }
}
