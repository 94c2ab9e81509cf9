import NIOCore
import NIOPosix
import Synchronization

/// Runs a task, and its child tasks, on one thread, and does something at the n-th time that a part of it is
/// resumed: so a test can cancel the task at every point where it suspends, one after the other.
final class CountingExecutor: TaskExecutor {
    /// When to act, relative to the n-th part of the task.
    enum Moment: CaseIterable, Sendable {
        /// Before it runs.
        case before
        /// After it ran, when the task most often waits for something.
        case after
    }

    private struct State {
        var count = 0
        /// Parts that came before the task's handle was known.
        var waiting: [UnownedJob]? = []
        var action: (@Sendable () -> Void)?
    }

    private static let thread = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private let state = Mutex(State())
    private let target: Int
    private let moment: Moment
    private let eventLoop: any EventLoop

    init(at target: Int, _ moment: Moment) {
        self.target = target
        self.moment = moment
        eventLoop = Self.thread.next()
    }

    /// How often a part of the task has been resumed.
    var count: Int { state.withLock { $0.count } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isEarly = state.withLock { state in
            state.waiting?.append(job)
            return state.waiting != nil
        }
        if !isEarly { schedule(job) }
    }

    /// Begins, with what is to be done at the time.
    func start(_ action: @escaping @Sendable () -> Void) {
        let waiting = state.withLock { state in
            state.action = action
            defer { state.waiting = nil }
            return state.waiting ?? []
        }
        for job in waiting { schedule(job) }
    }

    private func schedule(_ job: UnownedJob) {
        eventLoop.execute {
            let action = self.state.withLock { state in
                state.count += 1
                return state.count == self.target ? state.action : nil
            }
            if self.moment == .before { action?() }
            job.runSynchronously(on: self.asUnownedTaskExecutor())
            if self.moment == .after { action?() }
        }
    }
}

/// What came of an operation that was cancelled.
enum CancelledOutcome<Value: Sendable>: Sendable {
    case completed(Value)
    case threw(any Error)
}

/// Runs an operation and cancels it when it has been resumed for the n-th time.
///
/// - Returns: What came of it, and whether the n-th time ever came.
func cancelled<Value: Sendable>(
    at target: Int, _ moment: CountingExecutor.Moment,
    _ operation: @escaping @Sendable () async throws -> Value
) async -> (outcome: CancelledOutcome<Value>, wasCancelled: Bool) {
    let executor = CountingExecutor(at: target, moment)
    let task = Task(executorPreference: executor) { () async -> CancelledOutcome<Value> in
        do {
            return .completed(try await operation())
        } catch {
            return .threw(error)
        }
    }
    executor.start { task.cancel() }
    let outcome = await task.value
    return (outcome, executor.count >= target)
}
