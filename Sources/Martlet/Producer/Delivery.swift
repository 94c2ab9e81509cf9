public import MartletCore

/// What becomes of an enqueued record. Costs nothing until it is asked.
public struct Delivery: Sendable {
    let batch: BatchDelivery
    let index: Int32
    let timestamp: Timestamp
    let core: ProducerCore

    /// The partition that was chosen for the record.
    public var partition: TopicPartition { batch.partition }

    /// Whether the record has been delivered or given up.
    public var isSettled: Bool { batch.outcome != nil }

    /// Waits until the broker has acknowledged the record.
    ///
    /// - Throws: Why the record was not delivered; or that the task was cancelled, when the record goes on.
    public func metadata() async throws(MartletError) -> RecordMetadata {
        if batch.outcome == nil { core.hurry(batch) }
        let placement = try await batch.wait().get()
        return RecordMetadata(
            partition: batch.partition, offset: placement.baseOffset.map { $0 + Int64(index) },
            timestamp: placement.logAppendTime ?? timestamp
        )
    }
}
