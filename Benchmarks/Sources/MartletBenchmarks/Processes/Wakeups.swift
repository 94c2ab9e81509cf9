import CSupervision

/// How often each thread of a process has slept and was woken again.
struct Wakeups {
    private static let mostThreads: Int32 = 1024
    private var counts: [pid_t: Int] = [:]

    init(of process: pid_t) {
        let capacity = Self.mostThreads
        withUnsafeTemporaryAllocation(of: thread_wakeups.self, capacity: Int(capacity)) { threads in
            let count = supervision_wakeups(process, threads.baseAddress, capacity)
            for index in 0..<max(0, Int(count)) { counts[threads[index].thread] = threads[index].count }
        }
    }

    init(_ counts: [pid_t: Int]) { self.counts = counts }

    /// Those of the threads that are still there: what ended meanwhile took its count along.
    func since(_ earlier: Wakeups) -> Int {
        counts.reduce(0) { sum, thread in sum + max(0, thread.value - (earlier.counts[thread.key] ?? 0)) }
    }
}
