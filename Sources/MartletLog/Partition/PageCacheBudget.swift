internal import Synchronization

/// Bounds the page cache that all logs of a broker keep behind their ends.
package final class PageCacheBudget: Sendable, Equatable {
    private let totalByteCount: Int
    private let held = Atomic<Int>(0)

    package init(totalByteCount: Int = 512 << 20) {
        precondition(totalByteCount > 0, "a budget of nothing would drop what consumers are about to read")
        self.totalByteCount = totalByteCount
    }

    /// Bytes that logs have appended and not yet dropped.
    package var heldByteCount: Int { held.load(ordering: .relaxed) }

    func hold(_ byteCount: Int) { held.add(byteCount, ordering: .relaxed) }

    func drop(_ byteCount: Int) { held.subtract(byteCount, ordering: .relaxed) }

    /// How much of its window a log may keep: all of it while the logs together are within the budget, then
    /// the same share for each.
    func share(of window: Int) -> Int {
        let held = heldByteCount
        guard held > totalByteCount else { return window }
        return Int(Double(window) * Double(totalByteCount) / Double(held))
    }

    package static func == (left: PageCacheBudget, right: PageCacheBudget) -> Bool { left === right }
}
