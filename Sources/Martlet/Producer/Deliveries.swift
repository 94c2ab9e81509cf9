internal import MartletCore

/// What becomes of several enqueued records, in their order.
public struct Deliveries: Sendable {
    private struct Entry {
        let batch: BatchDelivery
        let index: Int32
        let timestamp: Timestamp
    }

    private let core: ProducerCore
    private var entries: [Entry] = []

    init(core: ProducerCore) {
        self.core = core
    }

    mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

    mutating func append(_ batch: BatchDelivery, index: Int32, timestamp: Timestamp) {
        entries.append(Entry(batch: batch, index: index, timestamp: timestamp))
    }

    /// Waits until all are acknowledged.
    ///
    /// - Returns: Where the records are, in the order in which they were given.
    /// - Throws: The first failure; the other records go on.
    public func metadata() async throws(MartletError) -> [RecordMetadata] {
        var result: [RecordMetadata] = []
        result.reserveCapacity(entries.count)
        for delivery in self { result.append(try await delivery.metadata()) }
        return result
    }
}

extension Deliveries: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { entries.count }

    public subscript(position: Int) -> Delivery {
        let entry = entries[position]
        return Delivery(batch: entry.batch, index: entry.index, timestamp: entry.timestamp, core: core)
    }
}
