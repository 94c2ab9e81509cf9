package import MartletCore
internal import MartletRecords

/// The log of one partition: an append-only sequence of record batches in segment files.
///
/// Owned by one event loop, where every call is synchronous and cheap: appends and reads end in the page
/// cache. What may block for long is handed out as a value (`SyncRequest`, `WriteBack`, `LogSnapshot`,
/// `CloseRequest`) that a thread pool performs. `open` blocks, and belongs on the pool as well; the log is
/// then sent to its owner.
package final class PartitionLog {
    package let topicPartition: TopicPartition
    package let directory: String
    /// May change while the log is open; the durability class, too.
    package var configuration: LogConfiguration
    package internal(set) var offsets: LogOffsets
    package internal(set) var producers: ProducerStates
    /// Transactions whose markers are not on disk yet.
    var ended = EndedTransactions()
    var verifications = TransactionVerifications()
    /// The last marker that aborted a transaction; what lies behind is of interest to all. None without any.
    var lastAborted: Offset
    /// Everything below survives a power cut, whatever the durability class. Recovery may begin here.
    package internal(set) var recoveryPoint: Offset

    /// Segments that end here or before are on disk with their indexes and snapshots.
    var sealedPoint: Offset

    let fileSystem: any FileSystem
    var sealed: [SealedSegment]
    var active: ActiveSegment
    /// When the active segment got its first batch.
    var activeSince: Timestamp
    /// By how much its age is limited more than that of others.
    var activeJitterMs: Int64
    var epochs: LeaderEpochs
    var state = State.open
    var dirty = DirtyFiles() {
        didSet { isTouched = true }
    }
    /// Whether the files are no longer what a clean stop leaves.
    var isTouched: Bool
    var isSyncing = false
    var isInMaintenance = false
    var lastSync: Timestamp
    var writeBacks: WriteBackQueue
    /// The sealed segment that was read last stays open, as the same consumer will come for more of it.
    var lastRead: SealedSegment.Files?
    /// What readers have found that must be looked into.
    let surveys = SurveyQueue()
    var isSurveying = false
    /// Headers of the set that is being appended; kept for its memory.
    var incoming: [BatchHeader] = []

    enum State {
        case open
        /// The disk failed in a way that leaves unknown what it holds.
        case offline(FileSystemError)
        case closed
    }

    /// What recovery has found.
    struct Contents {
        var start: Offset
        var sealed: [SealedSegment]
        var active: ActiveSegment
        var producers: ProducerStates
        var epochs: LeaderEpochs
        /// No transaction was aborted behind it.
        var lastAborted: Offset {
            active.transactions.entries.last?.lastOffset
                ?? sealed.last { $0.mayHaveAborted }.map { $0.nextOffset - 1 } ?? .none
        }
        /// The files are what a clean stop leaves.
        var isAsClosed = false
    }

    init(
        _ contents: consuming Contents, topicPartition: TopicPartition, directory: String,
        configuration: LogConfiguration, fileSystem: any FileSystem, now: Timestamp
    ) {
        self.topicPartition = topicPartition
        self.directory = directory
        self.configuration = configuration
        self.fileSystem = fileSystem
        offsets = LogOffsets(
            start: contents.start, end: contents.active.nextOffset,
            firstOpen: contents.producers.firstOpenTransaction)
        lastAborted = contents.lastAborted
        producers = contents.producers
        recoveryPoint = contents.active.nextOffset
        sealedPoint = contents.active.baseOffset
        sealed = contents.sealed
        active = contents.active
        activeSince = contents.active.firstTime.map { min($0, now) } ?? now
        activeJitterMs = Self.jitter(configuration)
        epochs = contents.epochs
        isTouched = !contents.isAsClosed
        lastSync = now
        writeBacks = WriteBackQueue(configuration.writeBack)
    }

    /// Whether the log still accepts appends.
    package var isWritable: Bool {
        if case .open = state { true } else { false }
    }

    /// Why the log is offline; nil if it is not.
    package var failure: FileSystemError? {
        if case .offline(let cause) = state { cause } else { nil }
    }

    func checkWritable() throws(LogError) {
        switch state {
        case .open: return
        case .offline(let cause): throw .offline(topicPartition, cause: cause)
        case .closed: throw .closed(topicPartition)
        }
    }

    /// Stops all appends for good. What consumers may see they can still read.
    func goOffline(_ cause: FileSystemError) {
        guard case .open = state else { return }
        state = .offline(cause)
    }

    // MARK: Segments

    package var segmentCount: Int { sealed.count + 1 }

    /// Base offset of the segment that is written.
    package var activeBaseOffset: Offset { active.baseOffset }

    /// Closes the active segment if it is older than `segment.ms`.
    package func rollIfNeeded(now: Timestamp) throws(LogError) {
        guard !active.isEmpty, now - activeSince > configuration.rollMs - activeJitterMs else { return }
        try checkWritable()
        try roll(now: now)
    }

    // MARK: Leader epochs

    /// The epoch of the current leader, as far as the log knows.
    package var latestEpoch: LeaderEpoch { epochs.latest }

    /// The largest epoch up to the one asked for, and the offset at which it ended; none if the log does not
    /// know.
    package func endOffset(for epoch: LeaderEpoch) -> (epoch: LeaderEpoch, endOffset: Offset) {
        epochs.endOffset(for: epoch, logEnd: offsets.end)
    }

    /// The epoch of the leader that wrote the record at `offset`; none if the log does not know.
    package func epoch(at offset: Offset) -> LeaderEpoch { epochs.epoch(at: offset) }

    /// Takes note that a new leader begins to write at the end of the log.
    package func assignEpoch(_ epoch: LeaderEpoch) {
        if epochs.assign(epoch, at: offsets.end) { dirty.epochs = true }
    }

    // MARK: Start

    /// Gives up the records below `offset`. Readers no longer see them; their segments go with the next
    /// maintenance.
    ///
    /// The data directory's checkpoint must hold the new start before anyone is told of it, or a crash would
    /// bring the records back.
    ///
    /// - Returns: The start of the log, which may be higher already.
    package func deleteRecords(before offset: Offset) throws(LogError) -> Offset {
        try checkWritable()
        guard offset >= 0, offset <= offsets.highWatermark else {
            throw .offsetOutOfRange(
                topicPartition, requested: offset, start: offsets.start, end: offsets.highWatermark)
        }
        advanceStart(to: offset)
        return offsets.start
    }

    func advanceStart(to offset: Offset) {
        guard offset > offsets.start else { return }
        offsets.advanceStart(to: offset)
        if epochs.advanceStart(to: offsets.start) { dirty.epochs = true }
    }

    // MARK: Producers

    /// Forgets producers that have been silent for longer than `producer.id.expiration.ms`.
    package func expireProducers(now: Timestamp) {
        verifications.expire(now: now, after: configuration.producerIDExpirationMs)
        producers.expire(now: now, after: configuration.producerIDExpirationMs)
    }

    /// What a look-up by time needs, for use on a thread pool.
    package func snapshot() -> LogSnapshot {
        LogSnapshot(
            topicPartition: topicPartition, sealed: sealed.filter { $0.nextOffset > offsets.start },
            active: active.view, start: offsets.start, limit: offsets.highWatermark, surveys: surveys)
    }
}
