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
            answer.write(answer.style == .tabs ? table : table.fitted(to: Terminal.columns))
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
            if let client, !answer.isJSON {
                try Descriptor.write("martlet: \(client.sentence)\n", to: STDERR_FILENO)
            }
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
                    DecimalText.significant(section.recordsPerSecond),
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
            json.field("ratePerSecond", decimal: plan.sending.rate.perSecond)
            json.field("compression", "\(plan.sending.configuration.compression)")
            json.field("acks", Int(plan.sending.configuration.acks.rawValue))
            json.field("groups", plan.mode == .produce ? 0 : plan.reading.groups)
            json.field("consumersPerGroup", plan.mode == .produce ? 0 : plan.reading.consumers)
            json.field(
                "topics", plan.topics.existing.isEmpty ? plan.topics.count : plan.topics.existing.count)
            json.field("partitionsPerTopic", plan.topics.existing.isEmpty ? plan.topics.partitions : nil)
            json.field("interrupted", isInterrupted)
            json.field("unsentRecords", unsent)
            json.field("openRecords", open)
            if let client {
                json.object("client") { json in
                    json.field("cpuNs", client.processorTime.nanoseconds)
                    json.field("elapsedNs", client.elapsed)
                    json.field("processors", client.processorCount)
                    json.field("bytes", client.bytes)
                    json.field("cpuSecondsPerGB", decimal: client.bytes > 0 ? client.secondsPerGB : nil)
                }
            }
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
        json.field("recordsPerSecond", decimal: recordsPerSecond)
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
                    json.field("percentile", decimal: point.percentile)
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
            json.field("recordsPerSecond", decimal: point.recordsPerSecond)
        }
    }
}

extension OutputBuffer {
    /// A number with up to six decimals.
    fileprivate mutating func field(_ name: StaticString, decimal number: Double?) {
        key(name)
        append(number.map { DecimalText.trimmed($0, decimals: 6) } ?? "null")
    }
}

extension Table {
    /// As it is, if lines may be so long; otherwise on its side, with a line for each column.
    fileprivate func fitted(to width: Int) -> Table {
        let widths = columns.indices.map { index in
            rows.reduce(columns[index].heading.count) { max($0, $1[index].count) }
        }
        guard widths.reduce(0, +) + 2 * (columns.count - 1) > width else { return self }
        var table = Table([.left(columns[0].heading)] + rows.map { .right($0[0]) })
        for index in columns.indices.dropFirst() {
            table.add([columns[index].heading] + rows.map { $0[index] })
        }
        return table
    }
}
