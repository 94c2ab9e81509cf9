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

    /// Up to date with what was handed out one by one.
    var ownership: Ownership {
        mutating get {
            settle()
            return settledOwnership
        }
        _modify {
            settle()
            yield &settledOwnership
        }
    }
    private var settledOwnership = Ownership()
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
    var cursor: RecordCursor? {
        get { openCursor }
        set {
            settle()
            openCursor = newValue
        }
    }
    private var openCursor: RecordCursor?
    /// Records were handed out one by one since `lastPoll`.
    private var hasHandedOut = false
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

    /// How long the user has been busy with what was handed out; a little less, when records were handed out
    /// one by one since somebody last asked.
    mutating func idleTime(at now: Instant) -> Duration? {
        settle()
        if hasHandedOut { lastPoll = now }
        hasHandedOut = false
        guard !isPolling, let lastPoll else { return nil }
        return now - lastPoll
    }

    // MARK: One by one

    /// The next record of the batch at hand; nil at its end, or if no more is to be handed out. Done for
    /// every record, so what others want to know of it is put off until they ask.
    mutating func nextRecord() -> ConsumerRecord? {
        guard ending == nil, !isReadingOver else {
            cursor = nil
            return nil
        }
        if let record = openCursor?.next() { return record }
        guard let ended = openCursor else { return nil }
        // The batch may end behind its last record.
        if ended.isImplicit { ownership.finish(ended.partition, upTo: ended.nextOffset) }
        cursor = nil
        return nil
    }

    private mutating func settle() {
        guard let news = openCursor?.takeProgress(), let cursor = openCursor else { return }
        hasHandedOut = true
        if cursor.isImplicit { settledOwnership.finish(cursor.partition, upTo: news) }
        _ = settledOwnership.handOut(cursor.partition, upTo: news + 1, epoch: cursor.epoch)
    }
}

/// Goes through the records of one batch.
struct RecordCursor {
    let partition: TopicPartition
    let nextOffset: Offset
    let epoch: LeaderEpoch
    /// Each record is done when the next one is asked for.
    let isImplicit: Bool
    private var records: ConsumerBatch.Iterator
    /// Of the record that was handed out last, and how far that is known elsewhere.
    private var last: Offset?
    private var settled: Offset?
    /// Offset of the next record, or of the first.
    private(set) var position: Offset

    init(_ batch: ConsumerBatch, isImplicit: Bool) {
        self.isImplicit = isImplicit
        partition = batch.partition
        nextOffset = batch.nextOffset
        epoch = batch.leaderEpoch
        records = batch.makeIterator()
        position = batch.firstOffset
    }

    mutating func next() -> ConsumerRecord? {
        guard let record = records.next() else { return nil }
        position = record.offset + 1
        last = record.offset
        return ConsumerRecord(partition: partition, record: record)
    }

    /// What has been handed out since the last call; nil if nothing.
    mutating func takeProgress() -> Offset? {
        guard let last, last != settled else { return nil }
        defer { settled = last }
        return last
    }
}
