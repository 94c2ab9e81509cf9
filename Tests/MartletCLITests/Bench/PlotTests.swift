import Testing

@testable import MartletCLI

@Suite("Plots")
struct PlotTests {
    private var charts: [Chart] {
        var histogram = LatencyHistogram()
        for value in 1...10_000 { histogram.record(Int64(value) * 1_000) }
        let points = (0..<100).map {
            RateSeries.Point(seconds: Double($0) / 10, recordsPerSecond: 40_000 + Double($0 % 7) * 1_000)
        }
        return [
            Chart.latency([("acknowledged", histogram.curve), ("old & <new>", histogram.curve)]),
            Chart.throughput([("acknowledged", points)]),
        ]
    }

    @Test("the axis of percentiles gives each nine the same room")
    func percentileAxis() {
        let ticks = charts[0].x.ticks
        #expect(ticks.map(\.label) == ["0 %", "90 %", "99 %", "99.9 %", "99.99 %"])
        for (tick, position) in zip(ticks, [0, 0.25, 0.5, 0.75, 1]) {
            #expect(abs(tick.position - position) < 1e-6)
        }
    }

    @Test("the axis of latency covers all values in powers of ten")
    func latencyAxis() throws {
        #expect(charts[0].y.ticks.map(\.label) == ["1 µs", "10 µs", "100 µs", "1 ms", "10 ms"])
        let line = try #require(charts[0].lines.first)
        #expect(line.points.allSatisfy { (0...1).contains($0.x) && (-1e-9...1.000_001).contains($0.y) })
        #expect(abs((line.points.last?.y ?? 0) - 1) < 1e-6, "10 ms is the largest")
    }

    @Test("the axes of throughput have round numbers")
    func throughputAxis() {
        #expect(charts[1].y.ticks.map(\.label) == ["0", "10 k", "20 k", "30 k", "40 k", "50 k"])
        #expect(charts[1].x.ticks.map(\.label) == ["0", "2", "4", "6", "8"])
        #expect(LinearScale(covering: 0).ticks == [0, 1])
        #expect(LogScale(covering: []).decades == 0...1)
        #expect(LogScale(covering: [1]).decades == 0...1)
    }

    @Test(
        "logarithms are right",
        arguments: [(1.0, 0.0), (10, 1), (0.001, -3), (2, 0.301_029_995_66), (5e7, 7.698_970_004)])
    func logarithms(value: Double, logarithm: Double) {
        #expect(abs(LogScale.log10(value) - logarithm) < 1e-9)
    }

    @Test("each part of a line is coloured once, and a row ends with its last mark")
    func colors() throws {
        var style = ChartText.Style(columns: 80, rows: 10, hasBraille: true, hasColor: true)
        let text = ChartText(charts[1], style: style).text
        let rows = text.split(separator: "\n")
        #expect(rows.allSatisfy { $0.count { $0 == "\u{1B}" } <= 2 * 40 && $0.last != " " })
        #expect(!text.contains("\u{1B}[0m\u{1B}[34m"))
        style.hasColor = false
        let plain = ChartText(charts[1], style: style).text
        #expect(text.replacing("\u{1B}[34m", with: "").replacing("\u{1B}[0m", with: "") == plain)
    }

    @Test("SVG is well-formed, and has all axes, lines and names")
    func svg() throws {
        let text = ChartSVG(charts, title: "a < b & \"c\"\u{1}").text
        try XMLCheck.check(text)
        for expected in [
            ">99.99 %<", ">10 ms<", ">50 k<", ">seconds<", ">records/s<", ">latency<", ">percentile<",
            "old &amp; &lt;new&gt;", "a &lt; b &amp; &quot;c&quot;?",
        ] { #expect(text.contains(expected), "\(expected)") }
        #expect(text.split(separator: "<polyline").count == 4)
        try XMLCheck.check(ChartSVG([Chart.throughput([("none", [])])], title: "").text)
        #expect(throws: XMLCheck.Malformed.self) { try XMLCheck.check("<a><b></a></b>") }
    }

    @Test(
        "in characters a plot is as wide as it may be, and ASCII alone where it must be",
        arguments: [true, false])
    func characters(hasBraille: Bool) {
        for chart in charts {
            for columns in [40, 80, 133] {
                let style = ChartText.Style(columns: columns, rows: 10, hasBraille: hasBraille)
                let lines = ChartText(chart, style: style).text.split(separator: "\n")
                // Names of lines go below the title where there is no room beside it.
                #expect(lines.count == 13 || columns == 40 && lines.count > 13)
                #expect(lines.allSatisfy { $0.count <= columns })
                let text = lines.joined()
                let hasDots = text.contains { ("\u{2801}"..."\u{28FF}").contains($0) }
                #expect(hasDots == hasBraille)
                let isPlain = text.allSatisfy { $0.isASCII }
                #expect(hasBraille || isPlain)
                #expect(text.contains("acknowledged") && !text.contains("\u{1B}"))
            }
        }
    }
}

/// Just enough XML to tell whether tags match and nothing stands where it must not.
enum XMLCheck {
    struct Malformed: Error {
        var reason: String
    }

    static func check(_ text: String) throws {
        var open: [Substring] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            try checkText(rest[..<start])
            guard let end = rest[start...].firstIndex(of: ">") else { throw Malformed(reason: "no end") }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("?") { continue }
            guard tag.count(where: { $0 == "\"" }) % 2 == 0, !tag.contains("<") else {
                throw Malformed(reason: "\(tag)")
            }
            let name = tag.drop { $0 == "/" }.prefix { $0 != " " && $0 != "/" }
            if tag.hasPrefix("/") {
                guard open.popLast() == name else { throw Malformed(reason: "</\(name)>") }
            } else if !tag.hasSuffix("/") {
                open.append(name)
            }
        }
        try checkText(rest)
        guard open.isEmpty else { throw Malformed(reason: "open: \(open)") }
    }

    private static func checkText(_ text: Substring) throws {
        for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
            guard ["amp;", "lt;", "gt;", "quot;"].contains(where: part.hasPrefix) else {
                throw Malformed(reason: "&\(part)")
            }
        }
    }
}
