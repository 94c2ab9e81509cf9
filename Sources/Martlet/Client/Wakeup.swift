internal import NIOCore
internal import Synchronization

/// Wakes one loop: by a signal from anywhere, or when a time has come. Signals that come while the loop works
/// are kept, as one.
final class Wakeup: Sendable {
    private struct State {
        var isSignalled = false
        var waiter: CheckedContinuation<Void, Never>?
        /// Tells the timer of this wait from those of earlier ones.
        var round = 0
    }

    private let state = Mutex(State())
    private let eventLoop: any EventLoop

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func signal() {
        let waiter = state.withLock { state in
            state.isSignalled = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Waits for a signal, until a time, or until the task is cancelled.
    func wait(until instant: ContinuousClock.Instant?) async {
        let round: Int? = state.withLock { state in
            if state.isSignalled {
                state.isSignalled = false
                return nil
            }
            state.round += 1
            return state.round
        }
        guard let round else { return }
        var timer: Scheduled<Void>?
        if let instant {
            let delay = instant - .now
            guard delay > .zero else { return }
            timer = eventLoop.scheduleTask(in: TimeAmount(delay)) { self.timerFired(round: round) }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isSignalled || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            signal()
        }
        timer?.cancel()
        state.withLock { $0.isSignalled = false }
    }

    private func timerFired(round: Int) {
        if state.withLock({ $0.round == round }) { signal() }
    }
}
