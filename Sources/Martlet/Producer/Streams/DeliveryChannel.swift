internal import MartletCore
internal import Synchronization

/// Carries deliveries from the task that enqueues a stream's records to the one that hears of them; bounded,
/// so that a reader that does not keep up holds the stream back.
final class DeliveryChannel: Sendable {
    enum Entry: Sendable {
        case enqueued(Delivery)
        /// The record was not taken into the buffer.
        case refused(MartletError)
    }

    private struct State {
        var entries: [Entry] = []
        var isFinished = false
        var error: (any Error)?
        var reader: CheckedContinuation<Void, Never>?
        var writer: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Entries that wait for the reader.
    private static let capacity = 8192

    /// Adds an entry, and waits while there are too many, unless the task is cancelled.
    func append(_ entry: Entry) async {
        let (isFull, reader) = state.withLock { state in
            state.entries.append(entry)
            defer { state.reader = nil }
            return (state.entries.count >= Self.capacity, state.reader)
        }
        reader?.resume()
        if isFull { await wait(\.writer) { $0.entries.count < Self.capacity } }
    }

    /// Nothing more comes.
    func finish(throwing error: (any Error)?) {
        let reader = state.withLock { state in
            state.isFinished = true
            state.error = error
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// Waits for entries, and takes all there are; none means the end.
    ///
    /// - Throws: The stream's error, once. `cancelled` if the task is cancelled and nothing is there.
    func take() async throws -> [Entry] {
        while true {
            let taken = state.withLock { state in
                defer {
                    state.entries = []
                    state.writer = nil
                }
                return (entries: state.entries, isFinished: state.isFinished, writer: state.writer)
            }
            taken.writer?.resume()
            if !taken.entries.isEmpty { return taken.entries }
            if taken.isFinished {
                let error = state.withLock { state in
                    defer { state.error = nil }
                    return state.error
                }
                if let error { throw error }
                return []
            }
            if Task.isCancelled { throw MartletError.cancelled("the wait for a stream's deliveries") }
            await wait(\.reader) { !$0.entries.isEmpty || $0.isFinished }
        }
    }

    /// Waits to be resumed through a place of the state, or until the task is cancelled.
    private func wait(
        _ place: any WritableKeyPath<State, CheckedContinuation<Void, Never>?> & Sendable,
        until isOver: @Sendable (State) -> Bool
    ) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustNotWait = state.withLock { state in
                    if isOver(state) || Task.isCancelled { return true }
                    state[keyPath: place] = continuation
                    return false
                }
                if mustNotWait { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state[keyPath: place] = nil }
                return state[keyPath: place]
            }
            waiter?.resume()
        }
    }
}
