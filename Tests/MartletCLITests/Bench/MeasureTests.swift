import Testing

@testable import MartletCLI

@Suite("What a benchmark measures")
struct MeasureTests {
    @Test("percentiles are right to three digits")
    func percentiles() {
        var histogram = LatencyHistogram()
        for value in 1...100_000 { histogram.record(Int64(value) * 1_000) }
        for percentile in [50, 90, 99, 99.9, 99.99] {
            let wanted = percentile * 1_000_000
            let found = Double(histogram.percentile(percentile))
            #expect(abs(found - wanted) <= wanted / 1_000, "p\(percentile): \(found)")
        }
        #expect(histogram.minimum == 1_000 && histogram.maximum == 100_000_000)
        #expect(abs(histogram.mean - 50_000_500) <= 1 && histogram.count == 100_000)
    }

    @Test("several histograms add up to one, whatever the values")
    func merging() {
        var (one, two, all) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value: Int64 in [0, -5, 17, 1_000_000, .max] {
            one.record(value)
            all.record(value)
        }
        two.record(2_000, count: 7)
        all.record(2_000, count: 7)
        one.add(two)
        #expect(one.count == 12 && one.curve == all.curve)
        #expect(one.minimum == 0 && one.maximum == LatencyHistogram.limit)
        #expect(LatencyHistogram().curve.isEmpty && LatencyHistogram().percentile(99) == 0)
    }

    @Test("the curve rises to the maximum, and ends where a single value is left")
    func curve() throws {
        var histogram = LatencyHistogram()
        for value in 1...10_000 { histogram.record(Int64(value) * 10_000) }
        let curve = histogram.curve
        #expect(curve.first?.tail == 1)
        let last = try #require(curve.last)
        #expect(abs(last.percentile - 99.99) < 1e-9 && last.nanoseconds == histogram.maximum)
        for (one, next) in zip(curve, curve.dropFirst()) {
            #expect(one.tail >= next.tail && one.nanoseconds <= next.nanoseconds)
        }
        let median = try #require(curve.first { abs($0.tail - 0.5) < 1e-9 })
        #expect(median.nanoseconds == histogram.percentile(50))
    }

    @Test("throughput over time loses no record, however few points are drawn")
    func series() {
        var series = RateSeries()
        for tenth in 0..<95 { series.add(10, at: Int64(tenth) * RateSeries.step + 1) }
        series.add(5, at: -1)
        #expect(series.points(atMost: 1_000).allSatisfy { abs($0.recordsPerSecond - 100) < 1e-9 })
        let few = series.points(atMost: 10)
        #expect(few.count == 10 && few.allSatisfy { abs($0.recordsPerSecond - 100) < 1e-9 })
        #expect(series.cut(to: 2_050_000_000).counts.count == 20)
        var other = RateSeries()
        other.add(1, at: 10_000_000_000)
        series.add(other)
        #expect(series.counts.reduce(0, +) == 951)
    }

    @Test(
        "numbers have three digits that count",
        arguments: [
            (0.0, "0"), (0.012345, "0.0123"), (1.2345, "1.23"), (12.345, "12.3"), (123.45, "123"),
            (123_456, "123456"), (0.000_000_01, "0.000000"), (-1.5, "-1.50"),
        ])
    func decimals(value: Double, text: String) {
        #expect(DecimalText.significant(value) == text)
    }
}
