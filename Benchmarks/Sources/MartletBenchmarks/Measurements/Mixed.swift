import CSupervision

extension Measurement {
    /// What those who read the newest records notice of somebody who reads old ones. The baseline is the same
    /// without the old reader.
    static var mixed: [Measurement] {
        [
            Measurement(
                name: "mixed", title: "producer and 3 tailing consumers, one reading old data: tail p99",
                unit: "µs", target: .ratioAtMost(3), baselineIsBroker: true,
                figures: [.median, .slower, .produced, .tailed, .old, .cpu], mostRuns: 5
            ) { (side, bench) throws(Failure) in
                try MixedLoad.run(side, bench)
            }
        ]
    }
}

extension Figure {
    fileprivate static let produced = Figure(name: "produced", detail: "mb_per_second", unit: "MB/s")
    fileprivate static let tailed = Figure(
        name: "each tail", detail: "tail_mb_per_second", unit: "MB/s")
    fileprivate static let old = Figure(name: "old data", detail: "old_mb_per_second", unit: "MB/s")
    fileprivate static let cpu = Figure(name: "CPU", detail: "processors", unit: "processors")
}

/// All clients are one program, on one processor. Consumers have the kernel throw away what comes.
private enum MixedLoad {
    static func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let server = try bench.startBroker(durability: "os", partitions: 1, on: bench.machine.allButLast)
        _ = try bench.load("create-topic", ["--topic", "old"], of: server, on: 0)
        _ = try bench.load(
            "produce", ["--topic", "old", "--bytes", "\(bench.options.bytes * 4)"], of: server,
            on: bench.machine.last)
        try bench.forget(server.directory)
        var arguments = ["--tails", "3", "--seconds", bench.options.isQuick ? "2" : "5"]
        if side == .martlet { arguments += ["--old-topic", "old"] }
        var report = try bench.load("mixed", arguments, of: server, on: bench.machine.last)
        let cpu = try report.figure("server_cpu_seconds") / report.figure("seconds")
        report.add(Figure.cpu.detail, cpu)
        return Sample(value: try report.figure("p99_us"), details: report.figures)
    }
}
