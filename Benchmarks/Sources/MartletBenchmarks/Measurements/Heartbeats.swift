extension Measurement {
    /// What members cost that do nothing but show that they live.
    static var heartbeats: [Measurement] {
        GroupProtocol.allCases.map { kind in
            Measurement(
                name: "heartbeats-\(kind)",
                title:
                    "10,000 idle members, \(kind) protocol, a heartbeat each \(kind.heartbeatIntervalMs) ms",
                unit: "% CPU",
                figures: [.median, .slow, .perHeartbeat, .rate, .memory, .forming, .formingCPU],
                mostRuns: 3
            ) { (side, bench) throws(Failure) in
                try IdleMembers(kind: kind).run(side, bench)
            }
        }
    }
}

extension Figure {
    fileprivate static let perHeartbeat = Figure(
        name: "CPU", detail: "cpu_us_per_heartbeat", unit: "µs/heartbeat")
    fileprivate static let rate = Figure(name: "heartbeats", detail: "heartbeats_per_second", unit: "/s")
    fileprivate static let memory = Figure(
        name: "resident memory", detail: "resident_kilobytes_per_member", unit: "kB/member")
    fileprivate static let forming = Figure(name: "all groups formed", detail: "form_seconds", unit: "s")
    fileprivate static let formingCPU = Figure(
        name: "all groups formed, CPU", detail: "form_cpu_seconds", unit: "s")
}

/// Groups of a hundred members and a hundred partitions. Each connection carries one member of each group.
private struct IdleMembers {
    let kind: GroupProtocol

    private static let groups = 100
    private static let groupSize = 100

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let server =
            switch side {
            case .baseline: try bench.startFloor(["echo"], on: bench.machine.allButLast)
            case .martlet: try bench.startBrokerForGroups(partitions: Self.groupSize)
            }
        var report = try bench.load(
            "heartbeat",
            [
                "--protocol", "\(kind)", "--groups", "\(Self.groups)", "--members", "\(Self.groupSize)",
                "--partitions", "\(Self.groupSize)", "--connections", "\(Self.groupSize)",
                "--interval-ms", "\(kind.heartbeatIntervalMs)",
                "--seconds", bench.options.isQuick ? "4" : "12", "--form", side == .martlet ? "1" : "0",
            ], of: server, on: bench.machine.last)
        let cpu = try report.figure("server_cpu_seconds")
        let seconds = try report.figure("seconds")
        let beats = try report.figure("requests")
        report.add("cpu_us_per_heartbeat", cpu / beats * 1e6)
        report.add("heartbeats_per_second", beats / seconds)
        if side == .martlet {
            report.add(
                "resident_kilobytes_per_member", try report.figure("resident_bytes_per_member") / 1e3)
        }
        return Sample(value: cpu / seconds * 100, details: report.figures)
    }
}
