internal import Martlet

/// Producers and consumers that work at the same time.
struct BenchPhase {
    /// How long acknowledgements are waited for after a signal.
    private static let grace = Duration.seconds(3)
    private static let tick = Duration.milliseconds(50)

    private enum Event {
        case sent, read, watched, givenUp
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

    /// Runs until all is sent and read, something is wrong, or a signal comes.
    func run() async throws {
        // All of them on the threads of the pool, not on the caller's.
        try await withThrowingTaskGroup(of: Event.self) { group in
            for sender in senders {
                group.addTask {
                    try await sender.run()
                    return .sent
                }
            }
            for reader in readers {
                group.addTask {
                    try await reader.run()
                    return .read
                }
            }
            let watch = BenchWatch(
                label: label, senders: senders.map(\.tally), readers: readers.map(\.tally), control: control,
                clock: clock, interruption: interruption, isQuiet: isQuiet)
            group.addTask { await watch.run(tick: Self.tick, grace: Self.grace) ? .givenUp : .watched }
            var (sending, reading) = (senders.count, readers.count)
            if sending == 0 { try await noteEnds() }
            while let event = try await group.next() {
                switch event {
                case .sent:
                    sending -= 1
                    if sending == 0 { try await noteEnds() }
                case .read: reading -= 1
                case .givenUp: group.cancelAll()
                case .watched: break
                }
                if sending + reading == 0 { control.finish() }
            }
        }
    }

    /// Consumers may stop when they have got there.
    private func noteEnds() async throws {
        guard !readers.isEmpty, !control.isStopping else { return }
        control.didWriteAll(try await topics.ends(after: senders.first?.configuration.acks ?? .all))
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
                control.stop()
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

    private func line(after now: Int64, rate: Double) -> String {
        var parts: [String] = []
        if !senders.isEmpty { parts.append("\(Quantity.records(Double(acknowledged))) acknowledged") }
        if !readers.isEmpty { parts.append("\(Quantity.records(Double(received))) received") }
        let time = Quantity.seconds((Double(now) / 1e8).rounded() / 10)
        return "martlet: \(label), \(time): \(parts.joined(separator: ", ")); now \(Quantity.records(rate))/s"
    }
}
