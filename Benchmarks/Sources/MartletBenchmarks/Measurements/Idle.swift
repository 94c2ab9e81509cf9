import CSupervision

extension Measurement {
    /// What the broker costs when nobody uses it. There is no floor to compare with.
    static var idle: [Measurement] {
        [idle("idle-0", "no topics", topics: 0), idle("idle-10", "10 topics", topics: 10)]
    }

    private static func idle(_ name: String, _ title: String, topics: Int) -> Measurement {
        Measurement(
            name: name, title: "resident memory when idle, \(title)", unit: "MB", target: .valueAtMost(20),
            sides: [.martlet],
            figures: [
                .cpu.promised(.valueAtMost(0.2)), .wakeups.promised(.valueAtMost(5)), .anonymous, .threads,
            ], mostRuns: 1
        ) { (_, bench) throws(Failure) in
            let server = try bench.startBroker([], on: 0)
            for topic in 0..<topics {
                _ = try bench.load("create-topic", ["--topic", "idle-\(topic)"], of: server, on: 0)
            }
            return try IdleBroker.watch(server, bench)
        }
    }
}

extension Figure {
    fileprivate static let cpu = Figure(name: "CPU when idle", detail: "cpu_percent", unit: "%")
    fileprivate static let wakeups = Figure(
        name: "wake-ups of all threads", detail: "wakeups_per_second", unit: "/s")
    fileprivate static let anonymous = Figure(name: "anonymous memory", detail: "anonymous_mb", unit: "MB")
    fileprivate static let threads = Figure(name: "threads", detail: "threads", unit: "")
}

/// A broker that was left alone for some time.
private enum IdleBroker {
    static func watch(_ server: Bench.Server, _ bench: Bench) throws(Failure) -> Sample {
        let process = server.child.process
        // What follows the start is no longer in it.
        try server.child.work(for: 3)
        let cpu = supervision_cpu_seconds(process)
        let wakeups = Wakeups(of: process)
        let begun = supervision_nanoseconds()
        try server.child.work(for: bench.options.isQuick ? 10 : 60)
        let seconds = Double(supervision_nanoseconds() - begun) / 1e9
        let woken = Wakeups(of: process).since(wakeups)
        let used = supervision_cpu_seconds(process) - cpu
        let resident = supervision_memory(process, "VmRSS:")
        let anonymous = supervision_memory(process, "RssAnon:")
        if resident < 0 { throw .system("cannot read the broker's memory", Int32(-resident)) }
        return Sample(
            value: Double(resident) * 1024 / 1e6,
            details: [
                Figure.cpu.detail: used / seconds * 100,
                Figure.wakeups.detail: Double(woken) / seconds,
                Figure.anonymous.detail: Double(anonymous) * 1024 / 1e6,
                Figure.threads.detail: Double(supervision_memory(process, "Threads:")),
            ])
    }
}
