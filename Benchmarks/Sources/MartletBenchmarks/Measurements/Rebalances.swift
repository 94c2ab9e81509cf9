extension Measurement {
    /// How long a large group needs until all agree again.
    static var rebalances: [Measurement] {
        GroupProtocol.allCases.map { kind in
            Measurement(
                name: "rebalance-\(kind)",
                title: "1,000 members and partitions, \(kind) protocol, one joins", unit: "ms",
                sides: [.martlet],
                figures: [
                    .joiningCPU, .leaving, .leavingCPU, .forming, .formingCPU, .pacedJoining, .pacedLeaving,
                ], mostRuns: 3
            ) { (_, bench) throws(Failure) in
                let server = try bench.startBrokerForGroups(partitions: members)
                let report = try bench.load(
                    "rebalance",
                    [
                        "--protocol", "\(kind)", "--members", "\(members)", "--partitions", "\(members)",
                        "--rounds", bench.options.isQuick ? "2" : "5",
                        "--interval-ms", bench.options.isQuick ? "0" : "\(kind.heartbeatIntervalMs)",
                    ], of: server, on: bench.machine.last)
                return Sample(value: try report.figure("join_ms"), details: report.figures)
            }
        }
    }

    private static let members = 1_000
}

extension Figure {
    fileprivate static let joiningCPU = Figure(name: "one joins, CPU", detail: "join_cpu_ms", unit: "ms")
    fileprivate static let leaving = Figure(name: "one leaves", detail: "leave_ms", unit: "ms")
    fileprivate static let leavingCPU = Figure(name: "one leaves, CPU", detail: "leave_cpu_ms", unit: "ms")
    fileprivate static let forming = Figure(name: "all join at once", detail: "form_ms", unit: "ms")
    fileprivate static let formingCPU = Figure(
        name: "all join at once, CPU", detail: "form_cpu_ms", unit: "ms")
    fileprivate static let pacedJoining = Figure(
        name: "one joins, heartbeats at their time", detail: "paced_join_ms", unit: "ms")
    fileprivate static let pacedLeaving = Figure(
        name: "one leaves, heartbeats at their time", detail: "paced_leave_ms", unit: "ms")
}
