internal import DequeModule

/// Keeps the transactional requests of one connection in order while they ask for admission: the second batch
/// of a producer must not overtake the first, which may have to wait for the coordinator.
final class TransactionLane {
    private var waiting: Deque<() -> Void> = []
    private var isTaken = false

    /// Whether nobody is in it.
    var isFree: Bool { !isTaken }

    /// Calls `begin` when all that came before have left.
    func enter(_ begin: @escaping () -> Void) {
        guard isTaken else {
            isTaken = true
            return begin()
        }
        waiting.append(begin)
    }

    /// Called once by each that has begun.
    func leave() {
        if let next = waiting.popFirst() { next() } else { isTaken = false }
    }
}
