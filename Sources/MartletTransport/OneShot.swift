internal import Synchronization

/// A result that is set once and awaited by at most one task: the bridge from an event loop to a task.
///
/// The first result counts, later ones are ignored. A cancelled wait ends at once; what was waited for goes
/// on.
package final class OneShot<Value: Sendable>: Sendable {
    package typealias Outcome = Result<Value, TransportError>

    private enum State {
        case pending
        case awaited(CheckedContinuation<Outcome, Never>)
        case observed(@Sendable (Outcome) -> Void)
        case done(Outcome)
    }

    private let state = Mutex(State.pending)

    package init() {}

    /// Sets the result, from any thread.
    package func complete(_ outcome: Outcome) {
        let previous = state.withLock { state in
            let previous = state
            switch state {
            case .pending, .awaited, .observed: state = .done(outcome)
            case .done: break
            }
            return previous
        }
        switch previous {
        case .awaited(let continuation): continuation.resume(returning: outcome)
        case .observed(let observer): observer(outcome)
        case .pending, .done: break
        }
    }

    /// The result, if it is there.
    package var outcome: Outcome? {
        state.withLock { state in
            if case .done(let outcome) = state { return outcome }
            return nil
        }
    }

    /// Calls back with the result, at once or on the thread that sets it. Instead of `value()`, not beside
    /// it.
    package func whenComplete(_ observer: @escaping @Sendable (Outcome) -> Void) {
        let done: Outcome? = state.withLock { state in
            switch state {
            case .pending:
                state = .observed(observer)
                return nil
            case .awaited, .observed: preconditionFailure("the result already has an observer")
            case .done(let outcome): return outcome
            }
        }
        if let done { observer(done) }
    }

    /// Waits for the result.
    package func value() async throws(TransportError) -> Value {
        let outcome: Outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let done: Outcome? = state.withLock { state in
                    switch state {
                    case .pending:
                        state = .awaited(continuation)
                        return nil
                    case .awaited, .observed: preconditionFailure("the result already has an observer")
                    case .done(let outcome): return outcome
                    }
                }
                if let done { continuation.resume(returning: done) }
            }
        } onCancel: {
            complete(.failure(.cancelled))
        }
        return try outcome.get()
    }
}
