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
                } catch {
                    control.fail(error, at: clock.now)
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

    /// Says what was due in the end and not sent, and for how long: without that, a producer that falls
    /// behind would leave out just the slow records.
    private func tellRest(_ sent: Int, before end: Int, _ schedule: Schedule?) {
        let cut = min(clock.deadline ?? .max, control.stoppedAt ?? .max, clock.now)
        // Otherwise all was sent that was to be sent.
        guard sent < end else { return }
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
