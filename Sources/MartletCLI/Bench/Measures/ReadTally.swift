internal import Martlet
internal import Synchronization

/// What one consumer has read.
final class ReadTally: Sendable {
    struct Figures: Sendable {
        /// Those of the run; of the reader of old records, those of the last lap.
        var received = RecordSum()
        /// Records of any kind, whenever: what the load was, beside what is measured of it.
        var total = 0
        /// Of their values and keys.
        var totalBytes: Int64 = 0
        /// Of the measured time.
        var measured = 0
        /// Of values and keys, of the measured time.
        var bytes: Int64 = 0
        /// Records that this run did not write.
        var foreign = 0
        /// How often all was read from the beginning to the end.
        var laps = 0
        var lastAt: Int64 = 0
        /// From due, or handed over, until received.
        var latency = LatencyHistogram()
        var series = RateSeries()
        /// The first thing that was wrong.
        var problem: String?

        mutating func add(_ other: Figures) {
            received = received + other.received
            total += other.total
            totalBytes += other.totalBytes
            measured += other.measured
            bytes += other.bytes
            foreign += other.foreign
            laps += other.laps
            lastAt = max(lastAt, other.lastAt)
            latency.add(other.latency)
            series.add(other.series)
            problem = problem ?? other.problem
        }
    }

    /// Readers of a group share the records; each group gets all.
    let group: Int
    private let state = Mutex(Figures())

    init(group: Int) {
        self.group = group
    }

    /// Received so far, for the progress line.
    var count: Int { state.withLock { $0.total } }

    func update(_ change: (inout Figures) -> Void) { state.withLock { change(&$0) } }
}

extension Sequence<ReadTally> {
    /// All together.
    var figures: ReadTally.Figures {
        reduce(into: ReadTally.Figures()) { sum, tally in tally.update { sum.add($0) } }
    }
}
