import Testing

@testable import MartletCLI

@Suite("A schedule")
struct ScheduleTests {
    @Test("one record is due after the other at a low rate, the first at once")
    func lowRate() {
        let schedule = Schedule(rate: 100, start: 5_000)
        #expect(schedule.burst == 1)
        #expect((0..<3).map(schedule.due) == [5_000, 10_005_000, 20_005_000])
        #expect(schedule.dueCount(at: 4_999) == 0)
        #expect(schedule.dueCount(at: 5_000) == 1)
        #expect(schedule.dueCount(at: 10_005_000) == 2)
    }

    @Test("records are due together every millisecond at a high rate, and none is too many or too few")
    func highRate() {
        let schedule = Schedule(rate: 250_500, start: 0)
        #expect(schedule.burst == 250)
        #expect(schedule.due(249) == 0 && schedule.due(250) > 0 && schedule.due(250) < 1_000_000)
        let count = schedule.dueCount(at: 60_000_000_000)
        #expect(abs(count - 60 * 250_500) <= 250, "\(count)")
    }

    @Test(
        "what is due by its own time is due, and nothing behind it",
        arguments: [0.5, 1, 3, 999, 1_000, 1_001, 7_777, 1_500_000, 1e9])
    func agreement(rate: Double) {
        let schedule = Schedule(rate: rate, start: 123)
        for index in stride(from: 0, to: 100_000, by: 997) {
            let due = schedule.due(index)
            // A nanosecond of rounding is nothing that a record could feel.
            #expect(schedule.dueCount(at: due + 1) > index)
            #expect(schedule.dueCount(at: due - 2) <= index)
        }
    }

    /// A broker in zero time but for one second in which it stands still, under a thousand records a second.
    private func latencies(countsFromDue: Bool) -> LatencyHistogram {
        let schedule = Schedule(rate: 1_000, start: 0)
        let pause: Range<Int64> = 5_000_000_000..<6_000_000_000
        var histogram = LatencyHistogram()
        var (now, sent) = (Int64(0), 0)
        while sent < 10_000 {
            guard schedule.dueCount(at: now) > sent else {
                now = schedule.due(sent)
                continue
            }
            let handedOver = now
            // A client that waits for each answer: in the pause it sends nothing more.
            now = pause.contains(now) ? pause.upperBound : now
            histogram.record(now - (countsFromDue ? schedule.due(sent) : handedOver))
            sent += 1
        }
        return histogram
    }

    @Test("a broker that stands still for a second looks like that: what could not be sent meanwhile counts")
    func coordinatedOmission() {
        let honest = latencies(countsFromDue: true)
        let omitting = latencies(countsFromDue: false)
        #expect(omitting.percentile(99.9) == 0, "one slow record of 10,000 shows nowhere but in the maximum")
        #expect(honest.count == 10_000)
        let p99 = Double(honest.percentile(99)) / 1e6
        #expect((895...905).contains(p99), "a tenth waited for up to a second: \(p99) ms")
        #expect(honest.percentile(89) == 0 && honest.percentile(91) > 0)
    }

    @Test("rates have units, and nonsense is refused")
    func rates() throws {
        #expect(try RateText.parse("500") == .perSecond(500))
        #expect(try RateText.parse("1.5M") == .perSecond(1_500_000))
        #expect(try RateText.parse("20k") == .perSecond(20_000))
        #expect(try RateText.parse("unlimited") == .unlimited)
        for text in ["", "0", "-5", "fast", "k", "nan", "inf", "1e30"] {
            #expect(throws: (any Error).self) { try RateText.parse(text) }
        }
    }
}
