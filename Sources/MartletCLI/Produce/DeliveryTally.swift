internal import Martlet

/// Counts what becomes of the records that were enqueued, a portion at a time, in a bounded number of open
/// ones.
struct DeliveryTally {
    /// Portions of records whose fate is open, oldest first.
    private var open: [Deliveries] = []
    private var firstOpen = 0
    private(set) var openCount = 0
    private(set) var delivered = 0
    private(set) var failed = 0
    private(set) var firstFailure: MartletError?

    /// Above it we wait for the oldest. The producer bounds the bytes; this bounds what very small records
    /// cost.
    private static let maximumOpenCount = 1 << 20

    mutating func add(_ deliveries: Deliveries) {
        guard !deliveries.isEmpty else { return }
        open.append(deliveries)
        openCount += deliveries.count
    }

    /// Counts the portions that are settled, without waiting for others unless there are too many.
    mutating func update() async throws(MartletError) {
        while firstOpen < open.count {
            let isSettled = open[firstOpen].last?.isSettled ?? true
            guard isSettled || openCount > Self.maximumOpenCount else { break }
            try await settleFirst()
        }
    }

    /// Waits for all.
    mutating func finish() async throws(MartletError) {
        while firstOpen < open.count { try await settleFirst() }
    }

    private mutating func settleFirst() async throws(MartletError) {
        let portion = open[firstOpen]
        for delivery in portion {
            do throws(MartletError) {
                _ = try await delivery.metadata()
                delivered += 1
            } catch {
                if Task.isCancelled { throw error }
                failed += 1
                firstFailure = firstFailure ?? error
            }
        }
        openCount -= portion.count
        firstOpen += 1
        guard firstOpen == open.count || firstOpen >= 256 else { return }
        open.removeFirst(firstOpen)
        firstOpen = 0
    }
}
