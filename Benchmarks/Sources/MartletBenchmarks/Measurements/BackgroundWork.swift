import CSupervision

/// Work that a broker does by itself after its start, seen from outside.
struct BackgroundWork {
    /// From its first sign to its last.
    let seconds: Double
    let cpuSeconds: Double
    let peakMegabytes: Double
    let othersShare: Double

    /// What a look every 50 ms must find for a broker to count as busy.
    private static let busyCPUSeconds = 0.002
    private static let quietSeconds = 1.0
    private static let longest = 120.0

    /// Waits until the broker has worked and come to rest.
    init(of server: Bench.Server, _ bench: Bench) throws(Failure) {
        let busy = supervision_machine_busy_seconds()
        let process = server.child.process
        let begun = supervision_nanoseconds()
        let cpuAtStart = supervision_cpu_seconds(process)
        var cpu = cpuAtStart
        var first: Double?
        var last = 0.0
        while true {
            try server.child.work(for: 0.05)
            let now = Double(supervision_nanoseconds() - begun) / 1e9
            let used = supervision_cpu_seconds(process) - cpu
            cpu += used
            if used > Self.busyCPUSeconds {
                first = first ?? now - 0.05
                last = now
            }
            if now - last > Self.quietSeconds, first != nil || now > 5 { break }
            if now > Self.longest { throw .failed("the broker was still busy after \(Self.longest) s") }
        }
        seconds = last - (first ?? 0)
        cpuSeconds = cpu - cpuAtStart
        peakMegabytes = server.peakMegabytes
        let elapsed = Double(supervision_nanoseconds() - begun) / 1e9
        othersShare = bench.othersShare(since: busy, seconds: elapsed, brokerCPU: cpuSeconds)
    }
}

extension Bench {
    /// How long a server may go on with work of its own before it is measured all the same.
    private static let longestWork = 180.0

    /// Waits until a server that nobody asks anything does nothing for so many seconds.
    func awaitRest(of server: Server, quietFor seconds: Double = 1) throws(Failure) {
        let process = server.child.process
        let deadline = supervision_nanoseconds() + UInt64(Self.longestWork * 1e9)
        while supervision_nanoseconds() < deadline {
            let cpu = supervision_cpu_seconds(process)
            try server.child.work(for: seconds)
            if supervision_cpu_seconds(process) - cpu < 0.01 * seconds { return }
        }
    }
}
