import Martlet
import Testing

@testable import MartletCLI

@Suite("The report of a benchmark")
struct ReportTests {
    private static let second: Int64 = 1_000_000_000

    /// A run of ten seconds.
    private let clock = RunClock(duration: .seconds(10))
    private let control = RunControl()
    private let tally = SendTally()

    private func report(_ rate: Rate = .unlimited) throws -> BenchReport {
        var plan = BenchPlan(mode: .latency, client: try ClientConfiguration(bootstrap: "localhost:9092"))
        plan.sending.rate = rate
        return BenchReport(plan)
    }

    private func acknowledge(_ count: Int, at instant: Int64, taking latency: Int64 = 1_000_000) {
        tally.update { figures in
            figures.acknowledged.count += count
            figures.measured += count
            figures.lastAt = instant
            figures.latency.record(latency, count: count)
        }
    }

    @Test("all records sent before the time was up are as fast as they were, not as slow as the time is long")
    func recordsBeforeTheDeadline() throws {
        acknowledge(1_000, at: Self.second / 2)
        var report = try report()
        report.add(sends: [tally], clock, control)
        #expect(report.sections[0].recordsPerSecond == 2_000)
    }

    @Test("the time in which nothing was acknowledged any more counts, to the deadline or to the signal")
    func silence() throws {
        acknowledge(1_000, at: Self.second)
        tally.update { $0.ranOutOfTime = true }
        var untilDeadline = try report()
        untilDeadline.add(sends: [tally], clock, control)
        #expect(untilDeadline.sections[0].recordsPerSecond == 100)
        control.stop(at: 5 * Self.second)
        var untilSignal = try report()
        untilSignal.add(sends: [tally], clock, control)
        #expect(untilSignal.sections[0].recordsPerSecond == 200)
    }

    @Test("where the rate was not reached, what was not sent is slow, for producers and for each group")
    func unsent() throws {
        acknowledge(1_000, at: 10 * Self.second)
        tally.update { figures in
            figures.ranOutOfTime = true
            figures.unsent = 9_000
            figures.waiting.record(5 * Self.second, count: 9_000)
        }
        var report = try report(.perSecond(1_000))
        let end = report.add(sends: [tally], clock, control)
        report.add(reads: [ReadTally(group: 0)], name: "received", clock, until: end, of: tally.figures)
        for section in report.sections {
            #expect(Double(section.latency.percentile(50)) >= 4.9e9, "\(section.name)")
        }
        #expect(report.notes.contains { $0.contains("this client makes no more") }, "\(report.notes)")
        tally.update { $0.blocked = 9 * Self.second }
        var blocked = try self.report(.perSecond(1_000))
        blocked.add(sends: [tally], clock, control)
        #expect(blocked.notes.contains { $0.contains("waited 90 % of the time") }, "\(blocked.notes)")
        var reached = try self.report(.perSecond(100_000))
        reached.add(sends: [tally], clock, control)
        #expect(reached.sections[0].latency.count == 1_000, "what was on its way in the end is no news")
    }

    @Test("what the client costs is told by the byte, and when it is the limit")
    func clientCost() throws {
        let cost = ClientCost(
            processorTime: ProcessorTime(nanoseconds: 3 * Self.second), elapsed: 2 * Self.second,
            processorCount: 2, bytes: 6_000_000_000)
        #expect(cost.busyProcessors == 1.5 && cost.secondsPerGB == 0.5 && !cost.isLimit)
        #expect(
            cost.sentence == "this client used 1.50 of 2 processors, 0.500 s of processor time per GB")
        var report = try report()
        report.add(client: cost)
        #expect(report.notes.isEmpty)
        var busy = cost
        busy.elapsed = cost.processorTime.nanoseconds / 2
        report.add(client: busy)
        #expect(report.notes.count == 1)
        let before = ProcessorTime.spent
        #expect(before.nanoseconds > 0 && ProcessorTime.processorCount > 0)
    }
}
