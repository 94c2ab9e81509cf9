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
    /// Records that were due and not sent in the end.
    var unsent = 0
    /// Records that were sent, and neither acknowledged nor refused in the end.
    var open = 0
    /// Nil if nothing was measured.
    private(set) var client: ClientCost?
    /// What the figures do not say by themselves.
    var notes: [String] = []
    /// What makes the run a failure, the gravest first.
    var problems: [String] = []

    init(_ plan: BenchPlan) {
        self.plan = plan
    }

    // MARK: Filling

    mutating func add(client cost: ClientCost) {
        client = cost
        if cost.isLimit { notes.append("this client used all its processors: more load needs more machines") }
    }

    /// - Returns: When the measured time ended, in nanoseconds of the run.
    @discardableResult
    mutating func add(sends tallies: [SendTally], _ clock: RunClock, _ control: RunControl) -> Int64 {
        let figures = tallies.figures
        judge(tallies, phase: nil)
        // Where all was sent that was asked for, the last acknowledgement is the end. Otherwise the time in which
        // nothing came any more counts as well.
        let cut = figures.ranOutOfTime ? control.stoppedAt ?? clock.deadline ?? 0 : 0
        let end = min(max(cut, figures.lastAt), clock.deadline ?? .max)
        let nanoseconds = max(end - clock.measureStart, 0)
        var latency = figures.latency
        if missesRate(figures) { latency.add(figures.waiting) }
        sections.append(
            Section(
                name: "acknowledged", records: figures.measured,
                bytes: Int64(figures.measured) * Int64(plan.records.byteCount), nanoseconds: nanoseconds,
                latency: latency, series: figures.series.cut(to: nanoseconds),
                lateness: figures.lateness))
        (unsent, open) = (figures.unsent, figures.open)
        note(figures, nanoseconds)
        return end
    }

    /// - Parameters:
    ///   - end: The measured time lasts until then, or until the last record came, but not beyond the deadline.
    ///   - sent: What was written meanwhile, if readers follow it.
    mutating func add(
        reads tallies: [ReadTally], name: String, _ clock: RunClock, until end: Int64,
        of sent: SendTally.Figures? = nil
    ) {
        let figures = tallies.figures
        let end = min(max(end, figures.lastAt), clock.deadline ?? .max)
        let nanoseconds = max(end - clock.measureStart, 0)
        var latency = figures.latency
        if let sent, missesRate(sent) { for _ in 0..<plan.reading.groups { latency.add(sent.waiting) } }
        sections.append(
            Section(
                name: name, records: figures.measured, bytes: figures.bytes, nanoseconds: nanoseconds,
                latency: latency, series: figures.series.cut(to: nanoseconds), laps: figures.laps))
    }

    /// What was due in the last tenth of a second may well be on its way, and one record of each producer always;
    /// more is a rate that was not reached.
    private func missesRate(_ figures: SendTally.Figures) -> Bool {
        guard let rate = plan.sending.rate.perSecond else { return false }
        return Double(figures.unsent) > max(rate / 10, Double(plan.sending.producers))
    }

    /// Says what ended the run before its time.
    mutating func judge(_ control: RunControl) {
        if let obstacle = control.obstacle { add(problem: obstacle) }
    }

    mutating func add(problem error: any Error) {
        let text = (error as? MartletError).map(ErrorAdvice.explained) ?? "\(error)"
        problems.append("the run ended early: \(text)")
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
                "\(figures.failed) of \(CountText.text(all, "record"))\(place) not acknowledged: "
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

    /// - Parameter activity: What was under way; nil for the measurement.
    mutating func noteInterruption(while activity: String? = nil) {
        isInterrupted = true
        let hasResults = sections.contains { $0.nanoseconds > 0 }
        let place = activity.map { " while \($0)" } ?? ""
        notes.append("interrupted\(place); \(hasResults ? "results until then" : "nothing is measured")")
    }

    private mutating func note(_ figures: SendTally.Figures, _ nanoseconds: Int64) {
        if plan.sending.rate == .unlimited, !figures.latency.isEmpty {
            notes.append(
                "latency at full speed is mostly the wait in a full buffer; --rate measures the cluster's own"
            )
        }
        if figures.open > 0 {
            notes.append(
                "\(CountText.text(figures.open, "record")) sent and not answered: in latency until acknowledged they"
                    + " count with how long they had waited when they were given up")
        }
        noteLateness(figures, nanoseconds)
    }

    /// Says whether records were handed over late, and who is to blame.
    private mutating func noteLateness(_ figures: SendTally.Figures, _ nanoseconds: Int64) {
        let time = Double(max(nanoseconds, 1)) * Double(plan.sending.producers)
        let share = min(Double(figures.blocked) / time, 1)
        let isBlocked = share > 0.5
        if missesRate(figures) {
            let reason =
                isBlocked
                ? "producers waited \(DecimalText.fixed(share * 100, decimals: 0)) % of the time for room in their"
                    + " buffers: the cluster takes no more"
                : "producers did not wait for room in their buffers: this client makes no more"
            notes.append(
                "the rate was not reached; \(reason). \(CountText.text(figures.unsent, "record")) due and not sent in"
                    + " the end, and in latency they count with how long they had been due by then")
        } else if figures.lateness.percentile(99) * 2 > figures.latency.percentile(99),
            !figures.lateness.isEmpty, !isBlocked
        {
            let late = DecimalText.significant(Double(figures.lateness.percentile(99)) / 1e6)
            notes.append(
                "much of the latency is this machine's: records were handed to the client up to \(late) ms late (p99)"
            )
        }
    }
}
