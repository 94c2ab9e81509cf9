internal import Martlet

/// Portions of records whose fate is open, oldest first. Their batches know when they were acknowledged, so
/// nobody needs to be woken for that.
struct OpenPortions {
    private struct Portion {
        var deliveries: Deliveries
        /// Place of its first record among the producer's.
        var first: Int
        var handedOverAt: Int64
        /// Settled ones at its beginning.
        var settled = 0
    }

    private let clock: RunClock
    private let tally: SendTally
    private var portions: [Portion] = []
    private var firstOpen = 0
    private var schedule: Schedule?
    private(set) var hasFailed = false

    init(clock: RunClock, tally: SendTally) {
        self.clock = clock
        self.tally = tally
    }

    mutating func add(
        _ deliveries: Deliveries, first: Int, _ schedule: Schedule?, handedOverAt instant: Int64
    ) {
        self.schedule = schedule
        portions.append(Portion(deliveries: deliveries, first: first, handedOverAt: instant))
        guard let schedule, clock.measures(instant) else { return }
        tally.update { figures in
            figures.lateness.record(instant - schedule.due(first), count: deliveries.count)
        }
    }

    /// Counts what is settled, without waiting.
    mutating func take() {
        while firstOpen < portions.count, takeFirst() { firstOpen += 1 }
        guard firstOpen == portions.count || firstOpen >= 256 else { return }
        portions.removeFirst(firstOpen)
        firstOpen = 0
    }

    /// Whether the whole portion is settled.
    private mutating func takeFirst() -> Bool {
        while portions[firstOpen].settled < portions[firstOpen].deliveries.count {
            let portion = portions[firstOpen]
            guard let run = portion.deliveries.settled(from: portion.settled) else { return false }
            let records = portion.first + portion.settled..<portion.first + portion.settled + run.count
            if let failure = run.failure {
                didFail(portion, run.count, failure)
            } else {
                didAcknowledge(records, portion, at: clock.nanoseconds(at: run.at))
            }
            portions[firstOpen].settled += run.count
        }
        return true
    }

    private func didAcknowledge(_ records: Range<Int>, _ portion: Portion, at instant: Int64) {
        tally.update { figures in
            figures.acknowledged.count += records.count
            // The sum of all numbers from the first to the last.
            let numbers = UInt64(records.lowerBound) &+ UInt64(records.upperBound) &- 1
            figures.acknowledged.sum &+= numbers &* UInt64(records.count) / 2
            figures.lastAt = max(figures.lastAt, instant)
            if clock.measures(instant) {
                figures.measured += records.count
                figures.series.add(records.count, at: instant - clock.measureStart)
            }
            recordLatency(of: records, portion, at: instant, &figures)
        }
    }

    /// Nobody waits any longer: what is open counts with the time that it has taken so far. A broker that
    /// does not answer at all would else look quick.
    mutating func giveUp() {
        let now = clock.now
        for portion in portions[firstOpen...] {
            let records = portion.first + portion.settled..<portion.first + portion.deliveries.count
            tally.update { figures in
                figures.open += records.count
                recordLatency(of: records, portion, at: now, &figures)
            }
        }
        portions = []
        firstOpen = 0
    }

    private func recordLatency(
        of records: Range<Int>, _ portion: Portion, at instant: Int64, _ figures: inout SendTally.Figures
    ) {
        guard let schedule else {
            guard clock.measures(portion.handedOverAt) else { return }
            return figures.latency.record(instant - portion.handedOverAt, count: records.count)
        }
        for record in records {
            let due = schedule.due(record)
            if clock.measures(due) { figures.latency.record(instant - due) }
        }
    }

    private mutating func didFail(_ portion: Portion, _ count: Int, _ failure: MartletError) {
        hasFailed = true
        // Some of the batch may have been taken: the records know.
        var acknowledged: [Int] = []
        for index in portion.settled..<portion.settled + count {
            if case .success? = portion.deliveries[index].outcome {
                acknowledged.append(portion.first + index)
            }
        }
        tally.update { figures in
            figures.failed += count - acknowledged.count
            figures.firstFailure = figures.firstFailure ?? failure
            figures.acknowledged.count += acknowledged.count
            for number in acknowledged { figures.acknowledged.sum &+= UInt64(number) }
        }
    }
}
