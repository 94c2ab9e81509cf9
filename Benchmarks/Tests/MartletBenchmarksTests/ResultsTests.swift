import Testing

@testable import MartletBenchmarks

@Suite struct ResultsTests {
    @Test("the ratio is that of neighbouring runs, so a machine that slows down does not change it")
    func ratio() throws {
        let measurement = Measurement(name: "m", title: "m", unit: "MB/s", target: .ratioAtLeast(0.5)) {
            _, _ in
            Sample(value: 0)
        }
        var outcome = Outcome(measurement: measurement)
        outcome.baseline = [Sample(value: 1000), Sample(value: 500), Sample(value: 100)]
        outcome.martlet = [Sample(value: 600), Sample(value: 300), Sample(value: 60)]
        #expect(try #require(outcome.ratio?.median) == 0.6)
        #expect(outcome.meetsTarget == true)
        outcome.martlet = []
        #expect(outcome.meetsTarget == nil)
    }

    @Test("a figure beside the value is compared run by run, where both sides have it")
    func figures() throws {
        let measurement = Measurement(name: "m", title: "m", unit: "1/s", figures: [.slow]) { _, _ in
            Sample(value: 0)
        }
        var outcome = Outcome(measurement: measurement)
        outcome.baseline = [100, 50].map { Sample(value: 1, details: [Figure.slow.detail: $0]) }
        outcome.martlet = [200, 100].map { Sample(value: 1, details: [Figure.slow.detail: $0]) }
        #expect(try #require(outcome.ratio(of: .slow)?.median) == 2)
        let words = Table(outcomes: [outcome]).text.split(separator: "\n").last?.split(separator: " ")
        #expect(words == ["m", "p99", "µs", "75.0", "150", "2.00×"])
        outcome.baseline = [Sample(value: 1, details: [Figure.slow.detail: 0])]
        #expect(outcome.ratio(of: .slow) == nil, "there is no ratio to nothing")
        outcome.baseline = []
        #expect(outcome.ratio(of: .slow) == nil)
    }

    @Test("a promise beside the value is a line of the table, and of the plot, with its own verdict")
    func promises() throws {
        let measurement = Measurement(
            name: "m", title: "m", unit: "µs", target: .ratioAtMost(1.5),
            figures: [.median, .slow.promised(.ratioAtMost(3))]
        ) { _, _ in Sample(value: 0) }
        var outcome = Outcome(measurement: measurement)
        outcome.baseline = [Sample(value: 10, details: [Figure.slow.detail: 20])]
        outcome.martlet = [Sample(value: 14, details: [Figure.slow.detail: 80])]
        #expect(outcome.promises.map(\.verdict) == ["ok", "short"])
        #expect(Table(outcomes: [outcome]).text.hasSuffix("1 of 2 targets met"))
        let plot = Plot(outcomes: [outcome]).svg
        #expect(plot.contains("1.40×  (≤ 1.5×)") && plot.contains("4.00×  (≤ 3.0×)"))
        outcome.failure = "gone"
        #expect(outcome.line.verdict == "failed")
    }

    @Test("a limit in the unit of the value is met without a baseline, and the plot shows the share of it")
    func limits() throws {
        let measurement = Measurement(
            name: "m", title: "a < b", unit: "MB", target: .valueAtMost(20), sides: [.martlet]
        ) { _, _ in Sample(value: 0) }
        var outcome = Outcome(measurement: measurement)
        outcome.martlet = [Sample(value: 19), Sample(value: 30), Sample(value: 20)]
        #expect(outcome.line.isMet == true)
        #expect(Plot(outcomes: [outcome]).svg.contains("a &lt; b"))
    }

    @Test("the table of targets is selected by one word, and each of its rows promises something")
    func selection() {
        #expect(Measurement.names(selectedBy: "targets").count == Measurement.targets.count)
        #expect(Measurement.targets.allSatisfy { $0.target != nil })
        #expect(Measurement.names(selectedBy: "ready").contains("ready-10000"))
        let names = Measurement.all.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test(
        "numbers are printed with as many places as they deserve",
        arguments: [
            (1234.5, "1235"), (99.96, "100.0"), (12.34, "12.3"), (0.346, "0.35"), (1.005, "1.00"),
            (9.999, "10.00"),
        ])
    func places(value: Double, text: String) {
        #expect(Table.short(value) == text)
    }

    @Test("a report that is cut off is an error, not a zero")
    func reports() throws {
        #expect(try LoadReport(#"{"bytes":10,"p50_us":1.5}"#).figure("p50_us") == 1.5)
        #expect(throws: Failure.self) { try LoadReport(#"{"bytes":10,"p50"#) }
        #expect(throws: Failure.self) { try LoadReport("martlet-load: cannot connect") }
    }

    @Test("threads that end or begin between two looks neither take wake-ups away nor bring old ones")
    func wakeups() {
        let before = Wakeups([1: 100, 2: 1_000])
        let after = Wakeups([1: 103, 3: 4])
        #expect(after.since(before) == 7)
    }
}
