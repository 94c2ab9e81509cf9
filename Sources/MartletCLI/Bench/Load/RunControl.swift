internal import Martlet
internal import Synchronization

/// What the tasks of a run tell one another.
final class RunControl: Sendable {
    private struct State {
        var stoppedAt: Int64?
        var obstacle: (any Error)?
        var isOver = false
        var ends: [TopicPartition: Offset]?
    }

    private let state = Mutex(State())

    /// Producers are to hand over nothing more, and consumers to wait for nothing more.
    var isStopping: Bool { stoppedAt != nil }
    /// When they were told to, in nanoseconds of the run.
    var stoppedAt: Int64? { state.withLock { $0.stoppedAt } }
    /// What kept the load from going on; the first.
    var obstacle: (any Error)? { state.withLock { $0.obstacle } }
    /// All load has ended.
    var isOver: Bool { state.withLock { $0.isOver } }
    /// Where the partitions end, once nothing more is written.
    var ends: [TopicPartition: Offset]? { state.withLock { $0.ends } }

    func stop(at nanoseconds: Int64) { state.withLock { $0.stoppedAt = $0.stoppedAt ?? nanoseconds } }

    /// Ends the run with what there is so far.
    func fail(_ error: any Error, at nanoseconds: Int64) {
        state.withLock {
            $0.obstacle = $0.obstacle ?? error
            $0.stoppedAt = $0.stoppedAt ?? nanoseconds
        }
    }

    func finish() { state.withLock { $0.isOver = true } }
    func didWriteAll(_ ends: [TopicPartition: Offset]) { state.withLock { $0.ends = ends } }
}
