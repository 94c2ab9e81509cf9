internal import MartletCore
internal import Synchronization

/// What becomes of a batch, shared by the producer, which settles it once, and all who wait for one of its
/// records.
final class BatchDelivery: Sendable {
    /// Where the broker put the batch.
    struct Placement: Hashable, Sendable {
        /// Nil where the broker does not say.
        var baseOffset: Offset?
        /// Set where the topic uses log append time.
        var logAppendTime: Timestamp?
    }

    typealias Outcome = Result<Placement, MartletError>

    private struct State {
        var outcome: Outcome?
        var waiters: [Int: CheckedContinuation<Outcome, Never>] = [:]
        var nextWaiter = 0
    }

    let partition: TopicPartition
    private let state = Mutex(State())

    init(partition: TopicPartition) {
        self.partition = partition
    }

    var outcome: Outcome? { state.withLock { $0.outcome } }

    /// Ends all waits, from any thread. The first outcome counts.
    func settle(_ outcome: Outcome) {
        let waiters = state.withLock { state -> [Int: CheckedContinuation<Outcome, Never>] in
            guard state.outcome == nil else { return [:] }
            state.outcome = outcome
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: outcome) }
    }

    /// Waits for the outcome; a cancelled wait ends at once, while the batch goes its way.
    func wait() async -> Outcome {
        if let outcome { return outcome }
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let settled: Outcome? = state.withLock { state in
                    if let outcome = state.outcome { return outcome }
                    if Task.isCancelled { return .failure(.deliveryUnobserved) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let settled { continuation.resume(returning: settled) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.resume(returning: .failure(.deliveryUnobserved))
        }
    }
}

extension MartletError {
    static let deliveryUnobserved = MartletError(
        .cancelled, "the task was cancelled while it waited for a delivery; the record may still be delivered"
    )
}
