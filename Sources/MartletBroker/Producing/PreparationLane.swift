internal import DequeModule

/// Lets the partitions of a loop have their batches prepared, one partition at a time and in turn.
///
/// One at a time bounds the memory: beside what was received there are, for each loop, one opened batch and
/// its new form, and a megabyte of those before it. It costs no throughput, since a loop stands for a
/// processor. The queue is bounded by the number of
/// partitions, and each partition's by the requests that connections may have in flight.
final class PreparationLane {
    private var waiting: Deque<Partition> = []
    private var isBusy = false

    /// Puts a partition in line that has something to prepare and is not in line yet.
    func enter(_ partition: Partition) {
        waiting.append(partition)
        prepareNext()
    }

    private func prepareNext() {
        guard !isBusy, let partition = waiting.popFirst() else { return }
        isBusy = true
        partition.prepareNext { [self] isDone in
            isBusy = false
            if !isDone { waiting.append(partition) }
            prepareNext()
        }
    }
}
