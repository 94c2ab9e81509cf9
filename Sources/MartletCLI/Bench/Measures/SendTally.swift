internal import Martlet
internal import Synchronization

/// What became of the records of one producer; filled a portion at a time, read by whoever reports.
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
        /// Records that were due and not handed over when the time was up.
        var unsent = 0
        /// From due, or handed over, until acknowledged.
        var latency = LatencyHistogram()
        /// From due until handed over to the client: what the schedule was behind.
        var lateness = LatencyHistogram()
        var series = RateSeries()

        mutating func add(_ other: Figures) {
            acknowledged = acknowledged + other.acknowledged
            measured += other.measured
            failed += other.failed
            firstFailure = firstFailure ?? other.firstFailure
            lastAt = max(lastAt, other.lastAt)
            unsent += other.unsent
            latency.add(other.latency)
            lateness.add(other.lateness)
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
