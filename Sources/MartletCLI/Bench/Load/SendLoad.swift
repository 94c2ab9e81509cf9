internal import Martlet

/// One producer under load: hands over what is due, or as much as the client takes.
struct SendLoad: Sendable {
    /// Bytes that are handed over at once, where as much as possible is sent.
    private static let portionByteCount = 256 << 10
    private static let maximumPortion = 1_024
    /// How long to sleep at most, so that the end of a run and a signal are seen.
    private static let nap: Int64 = 50_000_000
    /// In nanoseconds: handing over takes less if there is room.
    private static let noticedWait: Int64 = 1_000_000

    var client: MartletClient
    var configuration: ProducerConfiguration
    var maker: RecordMaker
    /// Records a second; nil for as many as possible.
    var rate: Double?
    /// When this producer begins, in nanoseconds, so that several do not all send at the same moment.
    var phase: Int64 = 0
    /// Records to send in the measured time; nil for as many as there is time for.
    var limit: Int?
    var clock: RunClock
    var control: RunControl
    var tally: SendTally

    /// Whatever keeps it from going on ends the run, with what there is so far.
    func run() async {
        do {
            try await client.withProducer(configuration) { producer in
                var open = OpenPortions(clock: clock, tally: tally)
                do {
                    try await send(producer, &open)
                } catch let error as MartletError where error.code == .cancelled {
                    // Given up; what was acknowledged before counts.
                }
                // Each failure is counted; the first is told in the end.
                try? await producer.flush()
                open.take()
                if open.hasFailed { control.stop(at: clock.now) }
                open.giveUp()
            }
        } catch {
            // Closing tells of the same failures again.
            let isKnown = tally.progress.failed > 0 || control.isStopping
            if !isKnown { control.fail(error, at: clock.now) }
        }
    }

    private func send(_ producer: Producer, _ open: inout OpenPortions) async throws {
        var maker = maker
        let schedule = rate.map { Schedule(rate: $0, start: phase) }
        let portion = min(max(Self.portionByteCount / maker.byteCount, 1), Self.maximumPortion)
        var end = limit.map { clock.measureStart > 0 ? Int.max : $0 } ?? .max
        var sent = 0
        defer { tellRest(sent, before: end, schedule) }
        while !control.isStopping, sent < end {
            let now = clock.now
            if let deadline = clock.deadline, now >= deadline { break }
            // Those of the warm-up come on top.
            if let limit, end == .max, now >= clock.measureStart { end = sent + limit }
            let due = min(schedule?.dueCount(at: now) ?? .max, end) - sent
            guard due > 0 else {
                open.take()
                try await rest(until: min(schedule?.due(sent) ?? now, now + Self.nap))
                continue
            }
            let count = min(due, portion)
            let records = maker.make(count) { index in schedule?.due(index) ?? now }
            let deliveries = try await enqueue(records, to: producer)
            open.add(deliveries, first: sent, schedule, handedOverAt: now)
            sent += count
            open.take()
            if open.hasFailed { control.stop(at: clock.now) }
        }
    }

    /// Counts the time in which there was no room, so that a report can tell who is the limit.
    private func enqueue(_ records: [ProducerRecord], to producer: Producer) async throws -> Deliveries {
        let start = clock.now
        let deliveries = try await producer.enqueue(contentsOf: records)
        let wait = clock.now - start
        if wait >= Self.noticedWait, clock.measures(start) { tally.update { $0.blocked += wait } }
        return deliveries
    }

    /// Says what was due in the end and not sent, and for how long: without that, a producer that falls behind
    /// would leave out just the slow records.
    private func tellRest(_ sent: Int, before end: Int, _ schedule: Schedule?) {
        let cut = min(clock.deadline ?? .max, control.stoppedAt ?? .max)
        // All was sent that was to be sent.
        guard sent < end, cut < .max else { return }
        tally.update { figures in
            figures.ranOutOfTime = true
            guard let schedule else { return }
            let dueCount = min(schedule.dueCount(at: cut), end)
            var next = sent
            while next < dueCount {
                let (due, first) = (schedule.due(next), next)
                next = min((next / schedule.burst + 1) * schedule.burst, dueCount)
                if clock.measures(due) { figures.waiting.record(cut - due, count: next - first) }
            }
            figures.unsent += max(0, dueCount - sent)
        }
    }

    private func rest(until nanoseconds: Int64) async throws {
        do {
            try await ContinuousClock().sleep(until: clock.instant(at: nanoseconds), tolerance: .zero)
        } catch {
            throw MartletError(.cancelled, "the run was given up")
        }
    }
}

extension Sequence<SendLoad> {
    /// Each once: producers may share them.
    var tallies: [SendTally] {
        var seen: Set<ObjectIdentifier> = []
        return map(\.tally).filter { seen.insert(ObjectIdentifier($0)).inserted }
    }
}

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

    /// Nobody waits any longer: what is open counts with the time that it has taken so far. A broker that does
    /// not answer at all would else look quick.
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
