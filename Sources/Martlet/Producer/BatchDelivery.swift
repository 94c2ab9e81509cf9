internal import MartletCore
internal import Synchronization

/// What becomes of a batch, shared by the producer, which decides it once, and all who wait for one of its
/// records.
///
/// A batch that the broker finds too large is split. What its records come to is then for the halves to say,
/// and so on; a record finds its way down by its index.
final class BatchDelivery: Sendable {
    /// Where the broker put the batch.
    struct Placement: Hashable, Sendable {
        /// Nil where the broker does not say.
        var baseOffset: Offset?
        /// Set where the topic uses log append time.
        var logAppendTime: Timestamp?
    }

    /// Why a batch is not delivered.
    struct Failure: Error {
        /// Why that is so for the records that have no reason of their own.
        var error: MartletError
        /// Records that the broker names as the cause, by their index (KIP-467).
        var records: [Int32: MartletError] = [:]
    }

    typealias Outcome = Result<Placement, Failure>

    /// What became of one record.
    typealias RecordOutcome = Result<Placement, MartletError>

    private enum Fate: Sendable {
        case pending
        case split(Halves)
        case settled(Outcome)
    }

    /// The deliveries of a batch's halves.
    struct Halves: Sendable {
        let first: BatchDelivery
        let second: BatchDelivery
        /// Index of the first record that is in the second half.
        let boundary: Int32
    }

    private struct State {
        var fate = Fate.pending
        var settledAt: ContinuousClock.Instant?
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    let partition: TopicPartition
    private let state = Mutex(State())

    init(partition: TopicPartition) {
        self.partition = partition
    }

    private var fate: Fate { state.withLock { $0.fate } }

    /// When all records were delivered or given up; nil while that is open.
    var settledAt: ContinuousClock.Instant? {
        let (fate, instant) = state.withLock { ($0.fate, $0.settledAt) }
        guard case .split(let halves) = fate else { return instant }
        guard let first = halves.first.settledAt, let second = halves.second.settledAt else { return nil }
        return max(first, second)
    }

    /// Whether all records have been delivered or given up.
    var isSettled: Bool {
        switch fate {
        case .pending: false
        case .split(let halves): halves.first.isSettled && halves.second.isSettled
        case .settled: true
        }
    }

    // MARK: Deciding

    /// Ends all waits, from any thread. The first decision counts.
    func settle(_ outcome: Outcome) { decide(.settled(outcome)) }

    /// From now on the halves tell.
    func split(_ halves: Halves) { decide(.split(halves)) }

    private func decide(_ fate: Fate) {
        let now = ContinuousClock.now
        let waiters = state.withLock { state -> [Int: CheckedContinuation<Void, Never>] in
            guard case .pending = state.fate else { return [:] }
            state.fate = fate
            state.settledAt = now
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    // MARK: Asking

    /// The batch that decides over a record, and the record's index in it.
    private func place(of index: Int32) -> (BatchDelivery, Int32, Fate) {
        var place = (self, index)
        while true {
            let fate = place.0.fate
            guard case .split(let halves) = fate else { return (place.0, place.1, fate) }
            place =
                place.1 < halves.boundary
                ? (halves.first, place.1) : (halves.second, place.1 - halves.boundary)
        }
    }

    /// What became of a record; nil while that is open.
    func outcome(of index: Int32) -> RecordOutcome? {
        let (_, index, fate) = place(of: index)
        guard case .settled(let outcome) = fate else { return nil }
        switch outcome {
        case .success(var placement):
            placement.baseOffset = placement.baseOffset.map { $0 + Int64(index) }
            return .success(placement)
        case .failure(let failure): return .failure(failure.records[index] ?? failure.error)
        }
    }

    /// The first error among some records that are settled; nil if all are delivered.
    func firstFailure(among records: Range<Int32>) -> MartletError? {
        // As a rule nothing has failed, and one look is enough.
        if case .settled(.success) = fate { return nil }
        for index in records {
            if case .failure(let error) = outcome(of: index) { return error }
        }
        return nil
    }

    /// Waits for what becomes of a record; a cancelled wait ends at once, while the batch goes its way.
    func wait(for index: Int32) async -> RecordOutcome {
        while true {
            if let outcome = outcome(of: index) { return outcome }
            if Task.isCancelled { return .failure(.deliveryUnobserved) }
            await place(of: index).0.waitForFate()
        }
    }

    /// Waits until all records have been delivered or given up, or the task is cancelled.
    func wait() async {
        await waitForFate()
        guard case .split(let halves) = fate else { return }
        await halves.first.wait()
        await halves.second.wait()
    }

    /// Waits until this very batch is settled or split, or the task is cancelled.
    private func waitForFate() async {
        if case .pending = fate {} else { return }
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard case .pending = state.fate, !Task.isCancelled else { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}

extension MartletError {
    static let deliveryUnobserved = MartletError(
        .cancelled,
        "the task was cancelled while it waited for a delivery; the record may still be delivered",
        isOutcomeUnknown: true)
}
