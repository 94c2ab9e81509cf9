import CSupervision

extension Measurement {
    /// How long it takes from starting the process to its ready line.
    static var ready: [Measurement] {
        [
            ready(partitions: 10, within: 50, mostRuns: 5),
            ready(partitions: 1_000, within: 400, mostRuns: 3),
            ready(partitions: 10_000, within: 3_000, mostRuns: 1),
        ]
    }

    private static func ready(partitions: Int, within limit: Double, mostRuns: Int) -> Measurement {
        let count = partitions < 1_000 ? "\(partitions)" : "\(partitions / 1_000),000"
        return Measurement(
            name: "ready-\(partitions)", title: "ready after a clean stop, \(count) partitions", unit: "ms",
            target: .valueAtMost(limit), sides: [.martlet],
            figures: [.cpu, .cold, .resident, .stop, .firstStop], mostRuns: mostRuns,
            takesLong: partitions > 1_000
        ) { (_, bench) throws(Failure) in
            try Restarts(partitions: partitions).run(bench)
        }
    }

    /// The first start of all.
    static var firstStart: Measurement {
        Measurement(
            name: "ready-empty", title: "ready, empty data directory", unit: "ms", target: .valueAtMost(150),
            sides: [.martlet], figures: [.cpu]
        ) { (_, bench) throws(Failure) in
            let server = try bench.startBroker([], on: 0)
            let cpu = supervision_cpu_seconds(server.child.process)
            return Sample(value: server.secondsToReady * 1e3, details: [Figure.cpu.detail: cpu * 1e3])
        }
    }
}

extension Figure {
    fileprivate static let cpu = Figure(name: "CPU until then", detail: "cpu_ms", unit: "ms")
    fileprivate static let cold = Figure(
        name: "ready, files not in the page cache", detail: "cold_ready_ms", unit: "ms")
    fileprivate static let resident = Figure(name: "resident memory", detail: "resident_mb", unit: "MB")
    fileprivate static let stop = Figure(name: "clean stop, idle", detail: "stop_ms", unit: "ms")
    fileprivate static let firstStop = Figure(
        name: "clean stop after the first records", detail: "first_stop_ms", unit: "ms")
}

/// A broker whose partitions have a few records each, started and stopped several times.
private struct Restarts {
    let partitions: Int

    private static let starts = 3
    private static let stopTimeout = 120.0

    func run(_ bench: Bench) throws(Failure) -> Sample {
        let first = try bench.startBroker(["martlet.durability=os"], on: 0)
        _ = try bench.load("create-topic", ["--partitions", "\(partitions)"], of: first, on: 0)
        _ = try bench.load(
            "produce",
            [
                "--partitions", "\(partitions)", "--connections", "4", "--depth", "200", "--batch", "0",
                "--bytes", "\(partitions * 4 << 10)",
            ], of: first, on: 0)
        var details = [Figure.firstStop.detail: try first.child.stop(within: Self.stopTimeout) * 1e3]
        bench.settle()
        var warm: [Start] = []
        for _ in 0..<Self.starts { warm.append(try start(in: first.directory, bench)) }
        guard let middle = warm.sorted(by: { $0.ready < $1.ready }).dropFirst(Self.starts / 2).first else {
            throw .failed("nothing was started")
        }
        try bench.forget(first.directory)
        details[Figure.cold.detail] = try start(in: first.directory, bench).ready * 1e3
        details[Figure.cpu.detail] = middle.cpu * 1e3
        details[Figure.resident.detail] = middle.megabytes
        details[Figure.stop.detail] = middle.stop * 1e3
        details[Sample.othersShare] = middle.othersShare
        return Sample(value: middle.ready * 1e3, details: details)
    }

    /// What a start, and the stop that follows, took.
    private struct Start {
        let ready: Double
        let cpu: Double
        let megabytes: Double
        let othersShare: Double
        var stop = 0.0
    }

    private func start(in directory: RunDirectory, _ bench: Bench) throws(Failure) -> Start {
        let busy = supervision_machine_busy_seconds()
        let server = try bench.startBroker([], on: 0, in: directory)
        let process = server.child.process
        let cpu = supervision_cpu_seconds(process)
        var start = Start(
            ready: server.secondsToReady, cpu: cpu,
            megabytes: Double(supervision_memory(process, "VmRSS:")) * 1024 / 1e6,
            othersShare: bench.othersShare(since: busy, seconds: server.secondsToReady, brokerCPU: cpu)
        )
        try server.child.work(for: 0.5)
        start.stop = try server.child.stop(within: Self.stopTimeout)
        return start
    }
}
