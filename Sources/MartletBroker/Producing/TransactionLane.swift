internal import DequeModule
internal import MartletCore

/// Keeps the transactional requests of one connection in order while they ask for admission: the second batch
/// of a producer in a partition must not overtake the first, which may have to wait for the coordinator.
/// Requests for different partitions do not wait for each other, so that their questions share a sync.
final class TransactionLane {
    private struct Waiting {
        let partitions: Set<TopicPartition>
        let begin: () -> Void
    }

    /// Those of the requests that are asking.
    private var busy: Set<TopicPartition> = []
    private var waiting: Deque<Waiting> = []

    /// Whether no request for the partition is in the lane.
    func isFree(_ partition: TopicPartition) -> Bool {
        guard !busy.isEmpty else { return true }
        return !busy.contains(partition) && !waiting.contains { $0.partitions.contains(partition) }
    }

    /// Calls `begin` when all that came before for any of the partitions have left.
    func enter(_ partitions: Set<TopicPartition>, _ begin: @escaping () -> Void) {
        guard partitions.allSatisfy(isFree) else {
            return waiting.append(Waiting(partitions: partitions, begin: begin))
        }
        busy.formUnion(partitions)
        begin()
    }

    /// Called once by each that has begun.
    func leave(_ partitions: Set<TopicPartition>) {
        busy.subtract(partitions)
        guard !waiting.isEmpty else { return }
        var taken = busy
        var ready: [Waiting] = []
        var blocked: Deque<Waiting> = []
        for request in waiting {
            if request.partitions.isDisjoint(with: taken) {
                ready.append(request)
            } else {
                blocked.append(request)
            }
            // Also those that must wait go before whoever came later.
            taken.formUnion(request.partitions)
        }
        waiting = blocked
        for request in ready { busy.formUnion(request.partitions) }
        for request in ready { request.begin() }
    }
}
