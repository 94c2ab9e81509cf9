internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What a benchmark has measured.
struct BenchReport: Sendable {
    /// One kind of work: a row of the table, and a line in each plot.
    struct Section: Sendable {
        /// `acknowledged`, `received`, `old records`.
        var name: String
        var records: Int
        var bytes: Int64
        /// How long was measured.
        var nanoseconds: Int64
        /// Empty where it means nothing.
        var latency = LatencyHistogram()
        var series = RateSeries()
        /// How late records were handed to the client; empty where none are due.
        var lateness = LatencyHistogram()
        /// How often the old records were read.
        var laps = 0

        var recordsPerSecond: Double { Double(records) / max(Double(nanoseconds) / 1e9, 1e-9) }
        var bytesPerSecond: Double { Double(bytes) / max(Double(nanoseconds) / 1e9, 1e-9) }
    }

    let plan: BenchPlan
    var sections: [Section] = []
    var isInterrupted = false
    /// Records that were due and not sent when the time was up.
    var unsent = 0
    /// What the figures do not say by themselves.
    var notes: [String] = []
    /// What makes the run a failure, the gravest first.
    var problems: [String] = []

    init(_ plan: BenchPlan) {
        self.plan = plan
    }

    // MARK: Filling

    mutating func add(sends tallies: [SendTally], _ clock: RunClock, isInterrupted: Bool) {
        let figures = tallies.figures
        judge(tallies, phase: nil)
        var end = figures.lastAt
        if let deadline = clock.deadline, !isInterrupted, figures.failed == 0 { end = deadline }
        let nanoseconds = max(end - clock.measureStart, 0)
        sections.append(
            Section(
                name: "acknowledged", records: figures.measured,
                bytes: Int64(figures.measured) * Int64(plan.records.byteCount), nanoseconds: nanoseconds,
                latency: figures.latency, series: figures.series.cut(to: nanoseconds),
                lateness: figures.lateness))
        unsent = figures.unsent
        note(figures)
    }

    /// - Parameter measuresToTheEnd: Whether there was work until the time was up, so that all of it
    ///   counts.
    mutating func add(
        reads tallies: [ReadTally], name: String, _ clock: RunClock, measuresToTheEnd: Bool
    ) {
        let figures = tallies.figures
        var end = figures.lastAt
        if let deadline = clock.deadline { end = measuresToTheEnd ? deadline : min(end, deadline) }
        let nanoseconds = max(end - clock.measureStart, 0)
        sections.append(
            Section(
                name: name, records: figures.measured, bytes: figures.bytes, nanoseconds: nanoseconds,
                latency: figures.latency, series: figures.series.cut(to: nanoseconds), laps: figures.laps))
    }

    /// Says which records were not acknowledged.
    ///
    /// - Returns: Those that were.
    @discardableResult
    mutating func judge(_ tallies: [SendTally], phase: String?) -> RecordSum {
        let figures = tallies.figures
        if let failure = figures.firstFailure {
            let place = phase.map { " of \($0)" } ?? ""
            let all = figures.failed + figures.acknowledged.count
            problems.append(
                "\(figures.failed) of \(all) records\(place) were not acknowledged: "
                    + ErrorAdvice.explained(failure))
        }
        return figures.acknowledged
    }

    /// Says what readers lack of what was written, group by group.
    ///
    /// - Parameter written: Nil if what they got cannot be complete.
    mutating func compare(_ tallies: [ReadTally], with written: RecordSum?) {
        for (group, members) in Dictionary(grouping: tallies, by: \.group).sorted(by: { $0.key < $1.key }) {
            let figures = members.figures
            let name = "\(sections.last?.name ?? "reader")\(group > 0 ? ", group \(group + 1)" : "")"
            if let problem = figures.problem {
                problems.append("\(name): \(problem)")
            } else if let difference = written?.difference(to: figures.received, reader: name) {
                problems.append(difference)
            }
        }
    }

    mutating func noteInterruption(_ text: String) {
        isInterrupted = true
        notes.append("interrupted; \(text)")
    }

    private mutating func note(_ figures: SendTally.Figures) {
        if plan.sending.rate == .unlimited, !figures.latency.isEmpty {
            notes.append(
                "latency at full speed is mostly the wait in a full buffer; --rate measures the cluster's own"
            )
        }
        // What was due in the last tenth of a second may well be on its way.
        if Double(unsent) * 10 > plan.sending.rate.perSecond ?? .infinity {
            notes.append(
                "the rate was not reached: when the time was up, \(unsent) records were due and not sent, and their"
                    + " latency is not in the figures")
        } else if figures.lateness.percentile(99) * 2 > figures.latency.percentile(99),
            !figures.lateness.isEmpty
        {
            let late = DecimalText.significant(Double(figures.lateness.percentile(99)) / 1e6)
            notes.append(
                "much of the latency is this machine's: records were handed to the client up to \(late) ms late (p99)"
            )
        }
    }
}
