import CSupervision

/// Requests that are answered when they are on the disk, one in flight on each connection: warmed up, then
/// measured with what the disk did meanwhile.
struct DurableWork {
    /// What the load generator does.
    let mode: String
    let arguments: [String]

    private static let seconds = 2

    func sample(of server: Bench.Server, _ bench: Bench) throws(Failure) -> Sample {
        _ = try bench.load(mode, arguments + ["--seconds", "1"], of: server, on: bench.machine.last)
        let before = supervision_flushes(bench.options.workDirectory)
        var report = try bench.load(
            mode, arguments + ["--seconds", "\(Self.seconds)"], of: server, on: bench.machine.last)
        let flushes = Double(supervision_flushes(bench.options.workDirectory) - before)
        let records = try report.figure("records")
        let seconds = try report.figure("seconds")
        if before >= 0 && flushes > 0 {
            report.add("flushes_per_second", flushes / seconds)
            report.add("records_per_flush", records / flushes)
        }
        report.add("cpu_us_per_record", try report.figure("server_cpu_seconds") / records * 1e6)
        return Sample(value: records / seconds, details: report.figures)
    }
}

extension Figure {
    static let ofDurableWork = [
        median, slow,
        Figure(name: "disk flushes", detail: "flushes_per_second", unit: "/s"),
        Figure(name: "records a flush", detail: "records_per_flush", unit: ""),
        Figure(name: "CPU", detail: "cpu_us_per_record", unit: "µs/record"),
    ]
}
