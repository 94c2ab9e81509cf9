internal import Martlet
internal import Synchronization

/// What the tasks of a run tell one another.
final class RunControl: Sendable {
    private struct State {
        var isStopping = false
        var isOver = false
        var ends: [TopicPartition: Offset]?
    }

    private let state = Mutex(State())

    /// Producers are to hand over nothing more, and consumers to wait for nothing more.
    var isStopping: Bool { state.withLock { $0.isStopping } }
    /// All load has ended.
    var isOver: Bool { state.withLock { $0.isOver } }
    /// Where the partitions end, once nothing more is written.
    var ends: [TopicPartition: Offset]? { state.withLock { $0.ends } }

    func stop() { state.withLock { $0.isStopping = true } }
    func finish() { state.withLock { $0.isOver = true } }
    func didWriteAll(_ ends: [TopicPartition: Offset]) { state.withLock { $0.ends = ends } }
}
