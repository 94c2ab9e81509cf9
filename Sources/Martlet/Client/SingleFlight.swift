internal import Synchronization

/// Runs one attempt at a time and gives its result to all who asked meanwhile.
///
/// The attempt runs in the task of the first who asked. If that one is cancelled, another of those who wait
/// starts over.
final class SingleFlight<Value: Sendable>: Sendable {
    private enum Verdict: Sendable {
        case result(Result<Value, MartletError>)
        case startOver
    }

    private struct State {
        var isRunning = false
        var waiters: [Int: CheckedContinuation<Verdict, Never>] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())

    func run(
        _ attempt: @Sendable () async throws(MartletError) -> Value
    ) async throws(MartletError) -> Value {
        while true {
            let isFirst = state.withLock { state in
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if isFirst { return try await lead(attempt) }
            switch await follow() {
            case .result(let result): return try result.get()
            case .startOver:
                if Task.isCancelled { throw .cancelled("the wait for a connection or for metadata") }
            }
        }
    }

    private func lead(
        _ attempt: @Sendable () async throws(MartletError) -> Value
    ) async throws(MartletError) -> Value {
        let result: Result<Value, MartletError>
        do throws(MartletError) {
            result = .success(try await attempt())
        } catch {
            result = .failure(error)
        }
        var verdict = Verdict.result(result)
        if case .failure(let error) = result, error.code == .cancelled { verdict = .startOver }
        let waiters = state.withLock { state in
            state.isRunning = false
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: verdict) }
        return try result.get()
    }

    private func follow() async -> Verdict {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.isRunning, !Task.isCancelled else { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume(returning: .startOver) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: .startOver)
        }
    }
}
