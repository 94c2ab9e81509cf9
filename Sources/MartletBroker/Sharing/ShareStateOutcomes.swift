internal import MartletCoordination
internal import Synchronization

/// Puts the outcomes of a request together that went to several coordinators.
final class ShareStateOutcomes: Sendable {
    private struct State {
        var missing: Int
        var outcomes: [ShareStateOutcome] = []
    }

    private let state: Mutex<State>
    private let completion: @Sendable ([ShareStateOutcome]) -> Void

    /// - Parameter count: How many times `add` will be called.
    init(_ count: Int, _ completion: @escaping @Sendable ([ShareStateOutcome]) -> Void) {
        state = Mutex(State(missing: count))
        self.completion = completion
    }

    func add(_ outcomes: [ShareStateOutcome]) {
        let all: [ShareStateOutcome]? = state.withLock { state in
            state.missing -= 1
            state.outcomes += outcomes
            return state.missing == 0 ? state.outcomes : nil
        }
        if let all { completion(all) }
    }
}
