internal import MartletCore

/// What becomes of several enqueued records, in their order.
///
/// Neighbours in one batch are kept together, so that a million deliveries take little more memory than
/// their batches.
public struct Deliveries: Sendable {
    private struct Run {
        let batch: BatchDelivery
        /// Index of the first record in the batch.
        let first: Int32
        /// Position of the first record here.
        let start: Int
        /// The time of those that bring none of their own.
        let time: Timestamp
    }

    private let core: ProducerCore
    private var runs: [Run] = []
    public private(set) var endIndex = 0
    /// The records' own timestamps; empty if none has one.
    private var timestamps: [Timestamp?] = []

    init(core: ProducerCore) {
        self.core = core
    }

    /// Takes what a portion of records came to.
    ///
    /// - Parameter records: Those of the portion.
    mutating func append(
        _ portion: Accumulator.Portion, of records: ArraySlice<ProducerRecord>, time: Timestamp
    ) {
        if portion.hasTimestamps || !timestamps.isEmpty {
            timestamps += Array(repeating: nil, count: endIndex - timestamps.count)
            timestamps += records.prefix(portion.count).map(\.timestamp)
        }
        for run in portion.runs {
            runs.append(Run(batch: run.batch, first: run.first, start: endIndex, time: time))
            endIndex += Int(run.count)
        }
    }

    mutating func append(_ delivery: Delivery) {
        if !timestamps.isEmpty { timestamps.append(nil) }
        runs.append(
            Run(batch: delivery.batch, first: delivery.index, start: endIndex, time: delivery.timestamp))
        endIndex += 1
    }

    /// Tells of neighbours in one batch, from a position on, once they are delivered or given up. Never
    /// waits.
    ///
    /// - Returns: How many they are, when that was, and the first failure among them; nil while it is open.
    package func settled(
        from position: Int
    ) -> (count: Int, at: ContinuousClock.Instant, failure: MartletError?)? {
        let index = runIndex(of: position)
        let (run, next) = (runs[index], index + 1)
        guard let instant = run.batch.settledAt else { return nil }
        let first = run.first + Int32(position - run.start)
        let end = next < runs.count ? runs[next].start : endIndex
        let count = end - position
        return (count, instant, run.batch.firstFailure(among: first..<first + Int32(count)))
    }

    /// Waits until all are acknowledged.
    ///
    /// - Returns: Where the records are, in the order in which they were given.
    /// - Throws: The first failure; the other records go on.
    public func metadata() async throws(MartletError) -> [RecordMetadata] {
        var places: [RecordMetadata] = []
        places.reserveCapacity(count)
        for delivery in self { places.append(try await delivery.metadata()) }
        return places
    }

    /// Waits until each is acknowledged or given up.
    ///
    /// - Returns: For each record where it is, or why it is not delivered, in the order in which they were
    ///   given. If the task is cancelled, those that are not settled yet are `cancelled`, and go on.
    public func results() async -> [DeliveryResult] {
        var results: [DeliveryResult] = []
        results.reserveCapacity(count)
        for delivery in self { results.append(await delivery.result()) }
        return results
    }
}

extension Deliveries: RandomAccessCollection {
    public var startIndex: Int { 0 }

    /// The delivery of the record that was given at this position.
    public subscript(position: Int) -> Delivery {
        let run = runs[runIndex(of: position)]
        let own = timestamps.isEmpty ? nil : timestamps[position]
        return Delivery(
            batch: run.batch, index: run.first + Int32(position - run.start), timestamp: own ?? run.time,
            core: core)
    }

    /// The last run that begins at or before the position.
    private func runIndex(of position: Int) -> Int {
        precondition(position >= 0 && position < endIndex, "there is no delivery at this position")
        var (low, high) = (0, runs.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle].start <= position { low = middle } else { high = middle }
        }
        return low
    }
}
