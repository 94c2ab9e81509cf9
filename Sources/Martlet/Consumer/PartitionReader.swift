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
    /// A request for this partition is under way.
    var isFetching = false
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
        guard phase == .reading, !isPaused, !isFetching else { return false }
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
        isFetching = false
        skippedTo = nil
        phase = .needsOffset(start)
        if case .offset(let offset) = start { begin(at: offset) }
    }

    /// An answer to an earlier round is still to come, and not for us.
    mutating func skipRound(_ old: Int) { round = max(round, old + 1) }

    /// Data up to an offset has arrived.
    mutating func didFetch(upTo offset: Offset) {
        fetchPosition = max(fetchPosition, offset)
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

    /// Offsets that are yet to be handed out, as of the last fetch.
    var lag: Int64? {
        if case .needsOffset = phase { return nil }
        return highWatermark.map { max($0 - position, 0) }
    }

    private mutating func finishIfStopped() {
        if let stop, position >= stop { phase = .finished }
    }
}
