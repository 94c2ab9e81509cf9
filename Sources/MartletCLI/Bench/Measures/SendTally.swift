internal import Martlet
internal import Synchronization

/// What became of the records of some producers; filled a portion at a time, read by whoever reports.
final class SendTally: Sendable {
    struct Figures: Sendable {
        /// Acknowledged, whenever: what consumers must get.
        var acknowledged = RecordSum()
        /// Of the measured time.
        var measured = 0
        var failed = 0
        var firstFailure: MartletError?
        /// When the last was acknowledged, in nanoseconds of the run.
        var lastAt: Int64 = 0
        /// Whether a producer had more to send when the time was up.
        var ranOutOfTime = false
        /// Records that were due and not handed over in the end.
        var unsent = 0
        /// Records that were handed over, and whose fate was open when they were given up.
        var open = 0
        /// From due, or handed over, until acknowledged; of those that were given up, until then.
        var latency = LatencyHistogram()
        /// How long the unsent ones of the measured time had been due.
        var waiting = LatencyHistogram()
        /// From due until handed over to the client: what the schedule was behind.
        var lateness = LatencyHistogram()
        /// How long producers waited for room in their buffers within the measured time, in nanoseconds.
        var blocked: Int64 = 0
        var series = RateSeries()

        mutating func add(_ other: Figures) {
            acknowledged = acknowledged + other.acknowledged
            measured += other.measured
            failed += other.failed
            firstFailure = firstFailure ?? other.firstFailure
            lastAt = max(lastAt, other.lastAt)
            ranOutOfTime = ranOutOfTime || other.ranOutOfTime
            unsent += other.unsent
            open += other.open
            latency.add(other.latency)
            waiting.add(other.waiting)
            lateness.add(other.lateness)
            blocked += other.blocked
            series.add(other.series)
        }
    }

    private let state = Mutex(Figures())

    var figures: Figures { state.withLock { $0 } }

    /// Acknowledged and failed ones so far, for the progress line.
    var progress: (acknowledged: Int, failed: Int) {
        state.withLock { ($0.acknowledged.count, $0.failed) }
    }

    func update(_ change: (inout Figures) -> Void) { state.withLock { change(&$0) } }
}

extension Sequence<SendTally> {
    /// All together.
    var figures: SendTally.Figures {
        reduce(into: SendTally.Figures()) { sum, tally in tally.update { sum.add($0) } }
    }
}
