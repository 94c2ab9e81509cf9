internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

extension BenchReport {
    /// Percentiles of the table and of JSON.
    private static let percentiles: [(name: StaticString, heading: String, value: Double)] = [
        ("p50Ns", "P50 MS", 50), ("p75Ns", "", 75), ("p90Ns", "P90 MS", 90), ("p95Ns", "", 95),
        ("p99Ns", "P99 MS", 99), ("p999Ns", "P99.9 MS", 99.9), ("p9999Ns", "P99.99 MS", 99.99),
    ]
    /// Points of the throughput in JSON and in plots.
    static let pointLimit = 240

    /// Writes table or JSON, notes, and plots.
    func write(to plotFile: OutputFile?) throws {
        var answer = Answer(json: plan.output.isJSON)
        if answer.isJSON {
            writeJSON(to: &answer.buffer)
        } else if !sections.isEmpty {
            answer.write(table)
        }
        if plan.output.drawsHere, !sections.isEmpty {
            let style = ChartText.Style.standard
            for chart in charts {
                answer.write("\n")
                answer.write(ChartText(chart, style: style).text)
            }
        }
        try answer.finish()
        if !plan.isQuiet {
            for note in notes { try Descriptor.write("martlet: \(note)\n", to: STDERR_FILENO) }
        }
        for problem in problems.dropFirst() {
            try Descriptor.write("martlet: \(problem)\n", to: STDERR_FILENO)
        }
        if let plotFile, !sections.isEmpty { try plotFile.write(ChartSVG(charts, title: title).text) }
    }

    var title: String {
        let rate = plan.sending.rate.perSecond.map { ", \(DecimalText.significant($0)) records/s" } ?? ""
        let codec = plan.sending.configuration.compression
        return "martlet bench \(plan.mode.rawValue): records of \(plan.records.byteCount) bytes\(rate)"
            + (codec == .none ? "" : ", \(codec)")
    }

    var charts: [Chart] {
        let latencies = sections.filter { !$0.latency.isEmpty }.map {
            (name: $0.name, points: $0.latency.curve)
        }
        let throughputs = sections.map { (name: $0.name, points: $0.series.points(atMost: Self.pointLimit)) }
        return (latencies.isEmpty ? [] : [Chart.latency(latencies)]) + [Chart.throughput(throughputs)]
    }

    var table: Table {
        let shown = Self.percentiles.filter { !$0.heading.isEmpty }
        var table = Table(
            [.left("WHAT"), .right("RECORDS"), .right("SECONDS"), .right("RECORDS/S"), .right("MIB/S")]
                + shown.map { .right($0.heading) } + [.right("MAX MS")])
        for section in sections {
            let latency = section.latency
            let times = shown.map { latency.percentile($0.value) } + [latency.maximum]
            table.add(
                [
                    section.name, String(section.records),
                    DecimalText.fixed(Double(section.nanoseconds) / 1e9, decimals: 2),
                    DecimalText.fixed(section.recordsPerSecond, decimals: 0),
                    DecimalText.significant(section.bytesPerSecond / 1_048_576),
                ] + times.map { latency.isEmpty ? "-" : DecimalText.significant(Double($0) / 1e6) })
        }
        return table
    }

    private func writeJSON(to output: inout OutputBuffer) {
        output.line { json in
            json.field("mode", plan.mode.rawValue)
            json.field("recordBytes", plan.records.byteCount)
            json.field("producers", plan.sending.producers)
            json.field("ratePerSecond", plan.sending.rate.perSecond.map { Int64($0.rounded()) })
            json.field("compression", "\(plan.sending.configuration.compression)")
            json.field("acks", Int(plan.sending.configuration.acks.rawValue))
            json.field("groups", plan.mode == .produce ? 0 : plan.reading.groups)
            json.field("consumersPerGroup", plan.mode == .produce ? 0 : plan.reading.consumers)
            json.field(
                "topics", plan.topics.existing.isEmpty ? plan.topics.count : plan.topics.existing.count)
            json.field("partitionsPerTopic", plan.topics.existing.isEmpty ? plan.topics.partitions : nil)
            json.field("interrupted", isInterrupted)
            json.field("unsentRecords", unsent)
            json.array("results", sections) { json, section in
                section.write(
                    to: &json, Self.percentiles,
                    from: plan.sending.rate == .unlimited ? "handed over" : "due")
            }
            json.field("notes", texts: notes)
            json.field("problems", texts: problems)
        }
    }
}

extension BenchReport.Section {
    fileprivate func write(
        to json: inout OutputBuffer, _ percentiles: [(name: StaticString, heading: String, value: Double)],
        from start: String
    ) {
        json.field("name", name)
        json.field("records", records)
        json.field("bytes", bytes)
        json.field("durationNs", nanoseconds)
        json.field("recordsPerSecond", Int64(recordsPerSecond.rounded()))
        json.field("bytesPerSecond", Int64(bytesPerSecond.rounded()))
        if laps > 0 { json.field("laps", laps) }
        if !latency.isEmpty {
            json.object("latency") { json in
                json.field("from", start)
                json.field("count", latency.count)
                json.field("minNs", latency.minimum)
                json.field("meanNs", latency.mean)
                for percentile in percentiles {
                    json.field(percentile.name, latency.percentile(percentile.value))
                }
                json.field("maxNs", latency.maximum)
                json.array("curve", latency.curve) { json, point in
                    json.key("percentile")
                    json.append(DecimalText.fixed(point.percentile, decimals: 6))
                    json.field("ns", point.nanoseconds)
                }
            }
        }
        if !lateness.isEmpty {
            json.object("lateness") { json in
                json.field("p50Ns", lateness.percentile(50))
                json.field("p99Ns", lateness.percentile(99))
                json.field("maxNs", lateness.maximum)
            }
        }
        json.array("throughput", series.points(atMost: BenchReport.pointLimit)) { json, point in
            json.field("atMs", Int64((point.seconds * 1_000).rounded()))
            json.field("recordsPerSecond", Int64(point.recordsPerSecond.rounded()))
        }
    }
}
