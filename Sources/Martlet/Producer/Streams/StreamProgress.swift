internal import DequeModule
internal import MartletCore

/// How far the records of a stream have got. Neighbours in one batch count as one, so that millions of
/// records under way take little memory.
struct StreamProgress {
    private struct Run {
        let batch: BatchDelivery
        var records: Range<Int32>
    }

    /// Records that were taken into the buffer.
    private(set) var count = 0
    /// Records of which nobody knows yet what became of them.
    private(set) var unobserved = 0
    /// The first record's that was not delivered.
    private(set) var failure: MartletError?
    private var runs = Deque<Run>()

    mutating func add(_ delivery: Delivery) {
        count += 1
        unobserved += 1
        if let last = runs.indices.last, runs[last].batch === delivery.batch,
            runs[last].records.upperBound == delivery.index
        {
            runs[last].records = runs[last].records.lowerBound..<delivery.index + 1
            return
        }
        takeSettled()
        runs.append(Run(batch: delivery.batch, records: delivery.index..<delivery.index + 1))
    }

    /// Waits for all that is under way, or until the task is cancelled.
    mutating func settle() async {
        for run in runs where !run.batch.isSettled { await run.batch.wait() }
        takeSettled()
    }

    private mutating func takeSettled() {
        while let run = runs.first, run.batch.isSettled {
            runs.removeFirst()
            unobserved -= run.records.count
            if failure == nil { failure = run.batch.firstFailure(among: run.records) }
        }
    }

    /// What to throw when the stream has ended with an error.
    func failure(after error: any Error) -> any Error {
        if let error = error as? MartletError, error.code == .cancelled { return cancellation }
        return error
    }

    var cancellation: MartletError {
        MartletError(
            .cancelled,
            "the task was cancelled while it sent a stream: \(count) records were taken into the buffer, and"
                + " \(unobserved) of them are not settled yet; these may still be delivered",
            isOutcomeUnknown: true)
    }
}
