internal import Martlet

/// Producers and consumers that work at the same time.
struct BenchPhase {
    /// How long acknowledgements are waited for after a signal.
    private static let grace = Duration.seconds(3)
    private static let tick = Duration.milliseconds(50)

    private enum Event {
        case sent, read, endsNoted, watched, givenUp
    }

    /// What the progress line calls it.
    var label: String
    var senders: [SendLoad] = []
    var readers: [ReadLoad] = []
    var control: RunControl
    var clock: RunClock
    var topics: BenchTopics
    var interruption: Interruption
    var isQuiet: Bool

    /// Runs until all is sent and read, something is wrong, or a signal comes. What was wrong, `control` and the
    /// tallies know.
    ///
    /// - Returns: What it cost this machine.
    func run() async -> ClientCost {
        let (start, before) = (clock.now, ProcessorTime.spent)
        // All of them on the threads of the pool, not on the caller's.
        await withTaskGroup(of: Event.self) { group in
            for sender in senders {
                group.addTask {
                    await sender.run()
                    return .sent
                }
            }
            for reader in readers {
                group.addTask {
                    await reader.run()
                    return .read
                }
            }
            let watch = BenchWatch(
                label: label, senders: senders.tallies, readers: readers.map(\.tally), control: control,
                clock: clock, interruption: interruption, isQuiet: isQuiet)
            group.addTask { await watch.run(tick: Self.tick, grace: Self.grace) ? .givenUp : .watched }
            if senders.isEmpty { group.addTask { await noteEnds() } }
            var (sending, reading) = (senders.count, readers.count)
            while let event = await group.next() {
                switch event {
                case .sent:
                    sending -= 1
                    if sending == 0 { group.addTask { await noteEnds() } }
                case .read: reading -= 1
                case .givenUp: group.cancelAll()
                case .endsNoted, .watched: break
                }
                if sending + reading == 0 { control.finish() }
            }
        }
        let sent = senders.tallies.reduce(0) { $0 + $1.progress.acknowledged }
        let valueBytes = senders.first?.maker.byteCount ?? 0
        return ClientCost(
            processorTime: ProcessorTime.spent - before, elapsed: clock.now - start,
            processorCount: ProcessorTime.processorCount,
            bytes: Int64(sent) * Int64(valueBytes) + readers.map(\.tally).figures.totalBytes)
    }

    /// Consumers may stop when they have got there.
    private func noteEnds() async -> Event {
        guard !readers.isEmpty, !control.isStopping else { return .endsNoted }
        do {
            control.didWriteAll(try await topics.ends(after: senders.first?.configuration.acks ?? .all))
        } catch {
            control.fail(error, at: clock.now)
        }
        return .endsNoted
    }
}

/// Shows how far a phase is, and sees signals.
struct BenchWatch: Sendable {
    var label: String
    var senders: [SendTally]
    var readers: [ReadTally]
    var control: RunControl
    var clock: RunClock
    var interruption: Interruption
    var isQuiet: Bool

    /// - Returns: Whether the load did not end in time after a signal.
    func run(tick: Duration, grace: Duration) async -> Bool {
        var progress = ProgressLine()
        defer { progress.clear() }
        var (stoppedAt, lastTime, lastCount) = (ContinuousClock.Instant?.none, clock.now, 0)
        while !control.isOver {
            do { try await Task.sleep(for: tick) } catch { return false }
            if interruption.signal != nil {
                control.stop(at: clock.now)
                let since = stoppedAt ?? .now
                stoppedAt = since
                if since.duration(to: .now) > grace { return true }
            }
            guard !isQuiet else { continue }
            progress.show {
                let (now, count) = (clock.now, senders.isEmpty ? received : acknowledged)
                defer { (lastTime, lastCount) = (now, count) }
                let rate = Double(count - lastCount) / max(Double(now - lastTime) / 1e9, 1e-6)
                return line(after: now, rate: rate)
            }
        }
        return false
    }

    private var acknowledged: Int { senders.reduce(0) { $0 + $1.progress.acknowledged } }
    private var received: Int { readers.reduce(0) { $0 + $1.count } }

    /// What matters most stands first: a narrow terminal cuts the rest off.
    private func line(after now: Int64, rate: Double) -> String {
        var parts: [String] = []
        if !senders.isEmpty { parts.append("\(Quantity.records(Double(acknowledged))) acknowledged") }
        if !readers.isEmpty { parts.append("\(Quantity.records(Double(received))) received") }
        let time = Quantity.seconds((Double(now) / 1e8).rounded() / 10)
        let isOver = control.isStopping || clock.deadline.map { now > $0 } ?? false
        let activity = isOver ? "waiting for what is on its way" : label
        return "martlet: \(activity), \(time), \(Quantity.records(rate))/s: \(parts.joined(separator: ", "))"
    }
}
