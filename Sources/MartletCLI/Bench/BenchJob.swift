internal import Martlet

/// What `martlet bench` does, once the command line is understood.
@MainActor
struct BenchJob {
    /// Records that are there before others are measured, unless somebody says how many.
    nonisolated static let defaultFill = 500_000
    /// The pool of values is to be larger than what a codec looks back on within a batch.
    private static let poolByteCounts = 4 << 20...64 << 20

    let plan: BenchPlan
    let client: MartletClient
    let interruption: Interruption
    let pool: PayloadPool
    let keys: [Bytes]
    /// Tells this run's records from others; those that were there before have the number below.
    let runNumber: UInt32

    static func run(_ plan: BenchPlan) async throws {
        // What is wrong with files is to show before anything is made.
        let wanted = plan.sending.configuration.batchBytes * 4
        let pool = try PayloadPool(
            plan.records.payload,
            byteCount: min(max(wanted, poolByteCounts.lowerBound), poolByteCounts.upperBound))
        let plotFile = try plan.output.plotFile.map { try OutputFile($0) }
        try await Interruption.during(effect: .note) { interruption in
            try await MartletClient.with(plan.client) { client in
                let job = BenchJob(plan, client, interruption, pool)
                try await job.run(plotFile)
            }
        }
    }

    init(_ plan: BenchPlan, _ client: MartletClient, _ interruption: Interruption, _ pool: PayloadPool) {
        self.plan = plan
        self.client = client
        self.interruption = interruption
        self.pool = pool
        keys = (0..<plan.records.keyCount).map { Bytes("key-\($0)") }
        runNumber = .random(in: 1...(.max))
    }

    private func run(_ plotFile: OutputFile?) async throws {
        var topics = BenchTopics(client.admin, plan.topics)
        var report = BenchReport(plan)
        var obstacle: (any Error)?
        do {
            if plan.topics.existing.isEmpty {
                try plan.checkConsumers(partitionCount: plan.topics.count * Int(plan.topics.partitions))
            }
            try await topics.prepare()
            try plan.checkConsumers(partitionCount: topics.partitions.count)
            try await measure(topics, &report)
            try report.write(to: plotFile)
        } catch {
            obstacle = error
        }
        await topics.remove(isQuiet: plan.isQuiet)
        if let obstacle { throw obstacle }
        if let problem = report.problems.first { throw CommandFailure(problem) }
    }

    private func measure(_ topics: BenchTopics, _ report: inout BenchReport) async throws {
        var filled: RecordSum?
        if plan.filled > 0 {
            filled = await fill(topics, &report)
            if interruption.signal != nil {
                return report.noteInterruption(while: "writing what is to be read")
            }
            guard report.problems.isEmpty else { return }
        }
        switch plan.mode {
        case .produce: try await produce(topics, &report)
        case .consume: try await consume(topics, filled, &report)
        case .latency, .mixed: try await follow(topics, filled, &report)
        }
        if interruption.signal != nil { report.noteInterruption() }
    }

    // MARK: Modes

    private func fill(_ topics: BenchTopics, _ report: inout BenchReport) async -> RecordSum {
        let clock = RunClock()
        let control = RunControl()
        let senders = self.senders(topics, clock, control, run: runNumber &- 1, limit: plan.filled, rate: nil)
        _ = await phase("writing what is to be read", senders, [], topics, clock, control).run()
        report.judge(control)
        return report.judge(senders.tallies, phase: "the records to read")
    }

    private func produce(_ topics: BenchTopics, _ report: inout BenchReport) async throws {
        let before = try await topics.offsets(.end)
        let (clock, control) = (makeClock(), RunControl())
        let senders = loadSenders(topics, clock, control)
        report.add(
            client: await phase("sending", senders, [], topics, clock, control).run())
        report.add(sends: senders.tallies, clock, control)
        report.judge(control)
        // Others may write to a topic that is not ours.
        guard !control.isStopping, report.problems.isEmpty, plan.topics.existing.isEmpty else { return }
        let acknowledged = senders.tallies.figures.acknowledged.count
        do {
            let after = try await topics.ends(after: plan.sending.configuration.acks)
            let written = after.reduce(0) { $0 + ($1.value - (before[$1.key] ?? 0)) }
            guard written != Int64(acknowledged) else { return }
            report.problems.append(
                "\(CountText.text(acknowledged, "record")) acknowledged, and \(written) are there")
        } catch {
            report.add(problem: error)
        }
    }

    private func consume(
        _ topics: BenchTopics, _ filled: RecordSum?, _ report: inout BenchReport
    ) async throws {
        let control = RunControl()
        var consumers: [Consumer] = []
        defer { for consumer in consumers { consumer.close() } }
        // The clock begins before the consumers look for their positions: that is part of reading.
        let clock = RunClock(duration: plan.length.duration)
        let readers = try await self.readers(
            topics, clock, control, from: .beginning, end: .assigned,
            run: filled == nil ? nil : runNumber &- 1,
            &consumers)
        report.add(
            client: await phase("reading", [], readers, topics, clock, control).run())
        let isCut = control.isStopping || clock.deadline.map { clock.now >= $0 } == true
        report.add(reads: readers.map(\.tally), name: "received", clock, until: control.stoppedAt ?? 0)
        report.judge(control)
        report.compare(readers.map(\.tally), with: isCut || !plan.topics.keepsAll ? nil : filled)
    }

    /// Producers, and consumers behind them; in `mixed` one that reads what was there before.
    private func follow(
        _ topics: BenchTopics, _ filled: RecordSum?, _ report: inout BenchReport
    ) async throws {
        let oldStarts = try await topics.offsets(.beginning)
        // A partition without records would never come to its end.
        let oldEnds = try await topics.offsets(.end).filter { $0.value > oldStarts[$0.key] ?? 0 }
        let control = RunControl()
        var consumers: [Consumer] = []
        defer { for consumer in consumers { consumer.close() } }
        // Consumers first, so that nothing is written before they are at the end; their clock comes after.
        var tails = try await readers(
            topics, RunClock(), control, from: .end, end: .written, run: runNumber, &consumers)
        var old: [ReadLoad] = []
        if plan.mode == .mixed, plan.readsOld, !oldEnds.isEmpty {
            old = [
                try await reader(
                    of: oldEnds.keys.sorted(), group: 0, RunClock(), control, from: .beginning,
                    end: .laps(ends: oldEnds), run: filled == nil ? nil : runNumber &- 1, &consumers)
            ]
        }
        let clock = makeClock()
        for index in tails.indices { tails[index].clock = clock }
        for index in old.indices { old[index].clock = clock }
        let senders = loadSenders(topics, clock, control)
        report.add(
            client: await phase("sending and reading", senders, tails + old, topics, clock, control).run())
        let end = report.add(sends: senders.tallies, clock, control)
        // Stopped early, readers have not got all that was acknowledged, and nobody need complain of that.
        let isComplete = !control.isStopping && plan.topics.keepsAll
        let sent = senders.tallies.figures
        report.add(reads: tails.map(\.tally), name: "received", clock, until: end, of: sent)
        report.judge(control)
        report.compare(tails.map(\.tally), with: isComplete ? sent.acknowledged : nil)
        guard !old.isEmpty else { return }
        report.add(reads: old.map(\.tally), name: "old records", clock, until: end)
        let laps = old.map(\.tally).figures.laps
        report.compare(old.map(\.tally), with: laps > 0 && plan.topics.keepsAll ? filled : nil)
    }

    // MARK: Parts

    private func makeClock() -> RunClock {
        RunClock(warmUp: plan.length.warmUp, duration: plan.length.duration)
    }

    private func phase(
        _ label: String, _ senders: [SendLoad], _ readers: [ReadLoad], _ topics: BenchTopics,
        _ clock: RunClock, _ control: RunControl
    ) -> BenchPhase {
        BenchPhase(
            label: label, senders: senders, readers: readers, control: control, clock: clock, topics: topics,
            interruption: interruption, isQuiet: plan.isQuiet)
    }
}
