extension Chart {
    /// Latency by percentile: both axes such that the slow few have as much room as the many.
    static func latency(_ curves: [(name: String, points: [LatencyHistogram.Point])]) -> Chart {
        let all = curves.flatMap(\.points)
        let scale = LogScale(covering: all.map { Double($0.nanoseconds) })
        // Each nine takes the same distance.
        let nines = max(1, -LogScale.log10(all.map(\.tail).min() ?? 0.1))
        let names = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %", "99.99999 %"]
        let ticks = names.enumerated().filter { Double($0.offset) <= nines + 1e-6 }.map { index, name in
            Tick(position: Double(index) / nines, label: name)
        }
        return Chart(
            title: "Latency by percentile", x: Axis(title: "percentile", ticks: ticks),
            y: Axis(title: "latency", ticks: timeTicks(scale)),
            lines: curves.map { name, points in
                Line(
                    name: name,
                    points: points.map { point in
                        Point(
                            x: -LogScale.log10(point.tail) / nines,
                            y: max(0, scale.position(Double(point.nanoseconds))))
                    })
            })
    }

    private static func timeTicks(_ scale: LogScale) -> [Tick] {
        let units = ["ns", "µs", "ms", "s"]
        return scale.decades.map { decade in
            let unit = min(max(decade, 0) / 3, units.count - 1)
            let number = 1...max(decade - unit * 3, 1)
            let zeros = decade - unit * 3 > 0 ? number.map { _ in "0" }.joined() : ""
            return Tick(
                position: Double(decade - scale.decades.lowerBound) / Double(scale.decades.count - 1),
                label: decade < 0 ? "" : "1\(zeros) \(units[unit])")
        }
    }

    /// Records a second over time.
    static func throughput(_ series: [(name: String, points: [RateSeries.Point])]) -> Chart {
        let all = series.flatMap(\.points)
        let seconds = LinearScale(covering: all.map(\.seconds).max() ?? 1)
        // To the last point, not to the next round number: nothing was measured behind it.
        let end = max(all.map(\.seconds).max() ?? 1, 1e-3)
        let rates = LinearScale(covering: all.map(\.recordsPerSecond).max() ?? 1)
        return Chart(
            title: "Throughput over time",
            x: Axis(
                title: "seconds",
                ticks: seconds.ticks.filter { $0 <= end }.map { Tick(position: $0 / end, label: short($0)) }),
            y: Axis(
                title: "records/s",
                ticks: rates.ticks.map { Tick(position: rates.position($0), label: short($0)) }),
            lines: series.map { name, points in
                Line(
                    name: name,
                    points: points.map {
                        Point(x: $0.seconds / end, y: rates.position($0.recordsPerSecond))
                    })
            })
    }

    /// `50 k`, `1.5 M`.
    private static func short(_ value: Double) -> String {
        for (unit, name) in [(1e9, " G"), (1e6, " M"), (1e3, " k")] where value >= unit {
            return DecimalText.trimmed(value / unit, decimals: 3) + name
        }
        return DecimalText.trimmed(value, decimals: 3)
    }
}
