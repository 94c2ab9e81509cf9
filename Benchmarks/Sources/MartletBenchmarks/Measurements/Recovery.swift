import CSupervision

extension Measurement {
    /// How long a broker takes to listen again after it was killed in the middle of its work.
    static var recovery: [Measurement] {
        [
            recovery("recovery-1", "recovery after kill -9, 1 partition, os", partitions: 1),
            recovery("recovery-20", "recovery after kill -9, 20 partitions, os", partitions: 20),
            recovery(
                "recovery-cold", "recovery, 1 partition, os, empty page cache", partitions: 1, isCold: true),
            Measurement(
                name: "recovery-1000", title: "ready after kill -9, 1,000 partitions, sync", unit: "ms",
                target: .valueAtMost(3000), sides: [.martlet],
                figures: [.cpu, .coldReady, .cleanReady, .cleanStop, .lines, .peakMemory], mostRuns: 3,
                takesLong: true
            ) { (_, bench) throws(Failure) in
                try ManyPartitions(bench).run()
            },
        ]
    }

    private static func recovery(
        _ name: String, _ title: String, partitions: Int, isCold: Bool = false
    ) -> Measurement {
        Measurement(
            name: name, title: title, unit: "s/GB", sides: [.martlet],
            figures: [.ready, .cpuPerGigabyte, .lines, .peakMemory], mostRuns: 3, takesLong: isCold
        ) { (_, bench) throws(Failure) in
            let settings = ["martlet.durability=os"]
            let server = try bench.startBroker(settings, on: 0)
            _ = try bench.load("create-topic", ["--partitions", "\(partitions)"], of: server, on: 0)
            let report = try bench.load(
                "produce",
                ["--partitions", "\(partitions)", "--bytes", "\(bench.options.bytes)", "--batch", "64k"],
                of: server, on: 0)
            server.child.kill()
            if isCold { try bench.forget(server.directory) }
            let busy = supervision_machine_busy_seconds()
            let again = try bench.startBroker(settings, on: 0, in: server.directory)
            let cpu = supervision_cpu_seconds(again.child.process)
            let others = bench.othersShare(since: busy, seconds: again.secondsToReady, brokerCPU: cpu)
            let gigabytes = try report.figure("bytes") / 1e9
            let details = [
                Sample.othersShare: others,
                Figure.ready.detail: again.secondsToReady,
                Figure.cpuPerGigabyte.detail: cpu / gigabytes,
                Figure.lines.detail: Double(again.child.lineCount),
                Figure.peakMemory.detail: again.peakMegabytes,
            ]
            return Sample(value: again.secondsToReady / gigabytes, details: details)
        }
    }
}

extension Figure {
    fileprivate static let ready = Figure(name: "ready after", detail: "ready_seconds", unit: "s")
    fileprivate static let lines = Figure(name: "lines until ready", detail: "lines", unit: "")
    fileprivate static let cpu = Figure(name: "CPU until then", detail: "cpu_ms", unit: "ms")
    fileprivate static let coldReady = Figure(
        name: "ready after kill -9, empty page cache", detail: "cold_ready_ms", unit: "ms")
    fileprivate static let cleanReady = Figure(
        name: "ready after a clean stop", detail: "clean_ready_ms", unit: "ms")
    fileprivate static let cleanStop = Figure(name: "clean stop, idle", detail: "clean_stop_ms", unit: "ms")
    static let peakMemory = Figure(name: "peak resident memory", detail: "peak_mb", unit: "MB")
}

extension Bench.Server {
    /// The most memory that the server has had resident.
    var peakMegabytes: Double {
        Double(supervision_memory(child.process, "VmHWM:")) * 1024 / 1e6
    }
}

/// A broker with a thousand partitions: killed and started, stopped and started.
private struct ManyPartitions {
    private let bench: Bench
    private static let partitions = 1_000
    private static let settings = ["martlet.durability=sync"]

    init(_ bench: Bench) {
        self.bench = bench
    }

    func run() throws(Failure) -> Sample {
        let first = try bench.startBroker(Self.settings, on: 0)
        _ = try bench.load("create-topic", ["--partitions", "\(Self.partitions)"], of: first, on: 0)
        try produce(to: first)
        first.child.kill()
        let busy = supervision_machine_busy_seconds()
        let warm = try bench.startBroker(Self.settings, on: 0, in: first.directory)
        let cpu = supervision_cpu_seconds(warm.child.process)
        let others = bench.othersShare(since: busy, seconds: warm.secondsToReady, brokerCPU: cpu)
        let peak = warm.peakMegabytes
        let lines = warm.child.lineCount
        try produce(to: warm)
        warm.child.kill()
        try bench.forget(first.directory)
        let cold = try bench.startBroker(Self.settings, on: 0, in: first.directory)
        try cold.child.work(for: 0.5)
        let stop = try cold.child.stop(within: 60)
        let clean = try bench.startBroker(Self.settings, on: 0, in: first.directory)
        return Sample(
            value: warm.secondsToReady * 1e3,
            details: [
                Sample.othersShare: others,
                Figure.cpu.detail: cpu * 1e3,
                Figure.coldReady.detail: cold.secondsToReady * 1e3,
                Figure.cleanReady.detail: clean.secondsToReady * 1e3,
                Figure.cleanStop.detail: stop * 1e3,
                Figure.lines.detail: Double(lines),
                Figure.peakMemory.detail: peak,
            ])
    }

    /// Some batches for each partition, and the last of them hardly answered when the broker is killed.
    private func produce(to server: Bench.Server) throws(Failure) {
        _ = try bench.load(
            "produce",
            [
                "--partitions", "\(Self.partitions)", "--connections", "4", "--depth", "200", "--batch", "0",
                "--bytes", "\(Self.partitions * 20 << 10)",
            ], of: server, on: 0)
    }
}
