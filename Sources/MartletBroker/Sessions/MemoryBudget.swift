internal import DequeModule
internal import Synchronization

/// The memory that all received requests together may take.
///
/// A connection reserves before it allocates and waits, without reading its socket, while nothing is left. So
/// that frames which are all half received cannot wait for each other for ever, the first one in line may
/// finish its frame beyond the limit. Small frames have a reserve of their own, so that peers which fill the
/// budget with frames that they do not finish cannot keep others from asking. The total stays below the
/// limit, the reserve and one frame.
final class MemoryBudget: Sendable {
    /// Frames up to this size may use the reserve.
    static let smallByteCount = 16 << 10
    /// What small frames may take besides the limit.
    static let reserveForSmall = 16 << 20

    let limit: Int
    private let state: Mutex<State>

    private struct State {
        var reserved = 0
        var reservedForSmall = 0
        /// The connection that may finish its frame beyond the limit; none while the total is within it.
        var overdrawnBy: ObjectIdentifier?
        var waiting: Deque<@Sendable () -> Void> = []
    }

    init(limit: Int) {
        self.limit = limit
        state = Mutex(State())
    }

    var reserved: Int { state.withLock { $0.reserved + $0.reservedForSmall } }

    /// Reserves the bytes if the limit allows it; otherwise keeps `resume` and calls it once when asking
    /// again may succeed, on whatever thread released memory.
    ///
    /// - Parameter connection: Who asks; the one connection that overdraws is recognised by it.
    func reserve(
        _ count: Int, for connection: ObjectIdentifier,
        orResume resume: @autoclosure () -> @Sendable () -> Void
    ) -> Bool {
        state.withLock { state in
            if count <= Self.smallByteCount, state.reservedForSmall + count <= Self.reserveForSmall {
                state.reservedForSmall += count
                return true
            }
            if state.reserved + count <= limit {
                state.reserved += count
                return true
            }
            if state.overdrawnBy == nil || state.overdrawnBy == connection {
                state.overdrawnBy = connection
                state.reserved += count
                return true
            }
            state.waiting.append(resume())
            return false
        }
    }

    /// Takes memory that is needed to go on with what was received already, also beyond the limit: nobody is
    /// kept waiting, but nothing more is read until enough is released.
    func charge(_ count: Int) {
        state.withLock { $0.reserved += count }
    }

    func release(_ count: Int) {
        let resumed = state.withLock { state -> Deque<@Sendable () -> Void> in
            // Which of the two a small frame took is not remembered: its bytes go back to the reserve first.
            // Both together stay right, and each empties when all is released.
            let toReserve = count <= Self.smallByteCount ? min(state.reservedForSmall, count) : 0
            state.reservedForSmall -= toReserve
            state.reserved -= count - toReserve
            precondition(state.reserved >= 0, "released more memory than was reserved")
            guard state.reserved <= limit else { return [] }
            state.overdrawnBy = nil
            let resumed = state.waiting
            state.waiting = []
            return resumed
        }
        for resume in resumed { resume() }
    }
}
