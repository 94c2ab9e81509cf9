import CSupervision

extension Measurement {
    /// Memory that a connection costs the broker. What the kernel keeps for its socket is not in it.
    static var connections: [Measurement] {
        [
            idleConnections,
            active("connections-active-produce", "producing 1 KiB records one by one", .produce),
            active("connections-active-fetch", "fetching 1 KiB at a time", .fetchRecords),
            active("connections-active-fetch-1m", "fetching 1 MiB at a time", .fetchMebibytes),
        ]
    }

    private static var idleConnections: Measurement {
        Measurement(
            name: "connections-idle", title: "resident memory of each of 10,000 idle connections",
            unit: "kB", target: .valueAtMost(10), sides: [.martlet],
            figures: [.anonymousEach, .connecting, .idleCPU, .idleWakeups], mostRuns: 3
        ) { (_, bench) throws(Failure) in
            let server = try bench.startBroker([], on: 0)
            let wakeups = Wakeups(of: server.child.process)
            var report = try bench.load(
                "hold", ["--connections", "10000", "--seconds", bench.options.isQuick ? "2" : "10"],
                of: server, on: 0)
            let cpu = try report.figure("server_cpu_seconds") / report.figure("seconds")
            report.add(Figure.idleCPU.detail, cpu * 100)
            report.add(
                Figure.idleWakeups.detail, Double(Wakeups(of: server.child.process).since(wakeups)))
            report.add(Figure.anonymousEach.detail, try report.figure("anonymous_bytes_each") / 1e3)
            return Sample(value: try report.figure("resident_bytes_each") / 1e3, details: report.figures)
        }
    }

    private static func active(_ name: String, _ title: String, _ work: ActiveWork) -> Measurement {
        Measurement(
            name: name, title: "memory at most of each of 1,000 connections \(title)", unit: "kB",
            target: .valueAtMost(64), sides: [.martlet], figures: [.rate, .slow], mostRuns: 3
        ) { (_, bench) throws(Failure) in
            try work.run(bench)
        }
    }
}

extension Figure {
    fileprivate static let anonymousEach = Figure(
        name: "anonymous memory", detail: "anonymous_kilobytes_each", unit: "kB")
    fileprivate static let connecting = Figure(
        name: "CPU for the connection and its first request", detail: "connect_cpu_us", unit: "µs")
    fileprivate static let idleCPU = Figure(name: "CPU while idle", detail: "idle_cpu_percent", unit: "%")
    fileprivate static let idleWakeups = Figure(
        name: "wake-ups, connecting included", detail: "wakeups", unit: "")
    fileprivate static let rate = Figure(name: "throughput", detail: "mb_per_second", unit: "MB/s")
}

/// A thousand connections with one request in flight on each.
private enum ActiveWork {
    case produce
    case fetchRecords
    case fetchMebibytes

    private static let connections = 1_000

    func run(_ bench: Bench) throws(Failure) -> Sample {
        let server = try bench.startBroker(durability: "os", partitions: 1, on: bench.machine.allButLast)
        let scale = bench.options.isQuick ? 1 : 4
        let work: [String]
        switch self {
        case .produce: work = ["--depth", "1", "--batch", "0", "--bytes", "\(scale * 64 << 20)"]
        case .fetchRecords:
            try fill(server, ["--batch", "0", "--depth", "64", "--bytes", "16m"], bench)
            work = ["--max-bytes", "1k", "--bytes", "\(scale * 64 << 20)"]
        case .fetchMebibytes:
            try fill(server, ["--bytes", "64m"], bench)
            work = ["--max-bytes", "1m", "--bytes", "\(scale * 2 << 30)"]
        }
        let process = server.child.process
        let before = supervision_memory(process, "VmRSS:")
        if supervision_reset_peak(process) < 0 { throw .failed("cannot reset the peak of memory") }
        let report = try bench.load(
            self == .produce ? "produce" : "fetch", ["--connections", "\(Self.connections)"] + work,
            of: server, on: bench.machine.last)
        let grown = Double(supervision_memory(process, "VmHWM:") - before) * 1024
        return Sample(value: grown / Double(Self.connections) / 1e3, details: report.figures)
    }

    private func fill(_ server: Bench.Server, _ load: [String], _ bench: Bench) throws(Failure) {
        _ = try bench.load("produce", load, of: server, on: bench.machine.last)
    }
}
