internal import DequeModule

/// Lets one task at a time through, in the order of arrival. An actor alone does not: it takes the next call
/// while the first one awaits.
actor SerialGate {
    private var isTaken = false
    private var waiting: Deque<CheckedContinuation<Void, Never>> = []

    /// Runs `body` while no other body runs.
    nonisolated(nonsending) func pass<Result, Failure: Error>(
        _ body: nonisolated(nonsending) () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        await enter()
        do {
            let result = try await body()
            await leave()
            return result
        } catch {
            await leave()
            throw error
        }
    }

    private func enter() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        if let next = waiting.popFirst() {
            next.resume()
        } else {
            isTaken = false
        }
    }
}
