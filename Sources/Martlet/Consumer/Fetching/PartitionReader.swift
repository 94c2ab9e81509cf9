internal import MartletCore

/// Where a consumer stands in one partition.
struct PartitionReader {
    typealias Instant = ContinuousClock.Instant

    enum Phase: Hashable {
        /// The offset to begin with must be asked for.
        case needsOffset(StartPosition)
        case reading
        /// The stop position is reached.
        case finished
    }

    let partition: TopicPartition
    private(set) var phase: Phase
    /// Next offset to hand out.
    private(set) var position: Offset = 0
    /// Next offset to fetch.
    private(set) var fetchPosition: Offset = 0
    /// Up to here there was nothing to hand out at the last look.
    var skippedTo: Offset?
    /// Reading ends before it.
    private(set) var stop: Offset?
    var isPaused = false
    /// Of the record before the fetch position, if known.
    private(set) var lastEpoch: LeaderEpoch
    var highWatermark: Offset?
    var logStartOffset: Offset?
    /// Tells answers to what was asked before a seek from those after it.
    private(set) var round = 0
    /// The broker that is asked for it.
    var broker: BrokerID?
    /// What that broker was told last.
    var sent: FetchSession.Ask?
    /// A replica that the leader has sent us to, and until when we believe it (KIP-392).
    private var preferred: (replica: BrokerID, until: Instant)?
    /// Leader epoch in which the position was found to be in the log (KIP-320).
    private var validEpoch = LeaderEpoch.none
    private(set) var retryAt: Instant?
    private(set) var failingSince: Instant?
    private var backoff: Backoff

    init(
        partition: TopicPartition, start: StartPosition, epoch: LeaderEpoch = .none, stop: Offset?,
        retry: RetryConfiguration
    ) {
        self.partition = partition
        lastEpoch = epoch
        self.stop = stop
        backoff = Backoff(retry)
        phase = .needsOffset(start)
        if case .offset(let offset) = start { begin(at: offset) }
    }

    /// Whether a fetch makes sense now.
    func isFetchable(at now: Instant) -> Bool {
        guard phase == .reading, !isPaused else { return false }
        if let stop, fetchPosition >= stop { return false }
        return retryAt.map { $0 <= now } ?? true
    }

    /// Starts at an offset that has been found.
    mutating func begin(at offset: Offset) {
        phase = .reading
        position = offset
        fetchPosition = offset
        finishIfStopped()
    }

    /// Starts over elsewhere; whatever was fetched before is void.
    mutating func seek(_ start: StartPosition) {
        round += 1
        lastEpoch = .none
        preferred = nil
        skippedTo = nil
        phase = .needsOffset(start)
        if case .offset(let offset) = start { begin(at: offset) }
    }

    /// Data up to an offset has arrived.
    mutating func didFetch(upTo offset: Offset, epoch: LeaderEpoch) {
        fetchPosition = max(fetchPosition, offset)
        if epoch != .none { lastEpoch = epoch }
        didSucceed()
    }

    mutating func didSucceed() {
        retryAt = nil
        failingSince = nil
        backoff.reset()
    }

    /// Records up to an offset have been handed out.
    mutating func didDeliver(upTo offset: Offset) {
        position = max(position, offset)
        finishIfStopped()
    }

    /// The partition cannot be read for now.
    mutating func didFail(at now: Instant) {
        failingSince = failingSince ?? now
        retryAt = now + backoff.next()
    }

    /// How long the partition has been out of reach.
    func failingFor(at now: Instant) -> Duration { failingSince.map { now - $0 } ?? .zero }

    /// Gives a fresh start to the clock of `unavailabilityTimeout`.
    mutating func didReportFailure() { failingSince = nil }

    // MARK: Replicas and leaders

    /// The replica to read from instead of the leader.
    func preferredReplica(at now: Instant) -> BrokerID? {
        preferred.flatMap { $0.until > now ? $0.replica : nil }
    }

    mutating func prefer(_ replica: BrokerID, until instant: Instant) { preferred = (replica, instant) }

    /// - Returns: Whether there was one.
    mutating func dropPreferredReplica() -> Bool {
        defer { preferred = nil }
        return preferred != nil
    }

    /// Whether to ask, before reading on, if the log still has what came before the position: it may have
    /// lost it when its leader changed.
    func needsValidation(_ leaderEpoch: LeaderEpoch) -> Bool {
        phase == .reading && lastEpoch != .none && leaderEpoch > max(lastEpoch, validEpoch)
    }

    mutating func didValidate(_ leaderEpoch: LeaderEpoch) {
        validEpoch = leaderEpoch
        didSucceed()
    }

    /// Offsets that are yet to be handed out, as of the last fetch.
    var lag: Int64? {
        if case .needsOffset = phase { return nil }
        return highWatermark.map { max($0 - position, 0) }
    }

    private mutating func finishIfStopped() {
        if let stop, position >= stop { phase = .finished }
    }
}
