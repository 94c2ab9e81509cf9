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
    public var isSettled: Bool { outcome != nil }

    /// What became of the record; nil while that is open. Never waits.
    public var outcome: DeliveryResult? { batch.outcome(of: index).map(result(of:)) }

    /// Waits until the broker has acknowledged the record.
    ///
    /// - Throws: Why the record was not delivered, or that nobody knows: see `MartletError.isOutcomeUnknown`.
    ///   `cancelled` if the task is cancelled; the record goes on.
    public func metadata() async throws(MartletError) -> RecordMetadata {
        try await result().get()
    }

    /// As `metadata()`, as a value.
    public func result() async -> DeliveryResult {
        if let outcome { return outcome }
        core.hurry(batch)
        return result(of: await batch.wait(for: index))
    }

    /// As `result()`, for those who can wait as long as the record lingers.
    func unhurriedResult() async -> DeliveryResult { result(of: await batch.wait(for: index)) }

    private func result(of outcome: BatchDelivery.RecordOutcome) -> DeliveryResult {
        outcome.map { placement in
            RecordMetadata(
                partition: batch.partition, offset: placement.baseOffset,
                timestamp: placement.logAppendTime ?? timestamp)
        }
    }
}

/// Where a record is, or why it is not delivered.
///
/// A failure is of one of two kinds. As a rule no broker has the record, and it may be sent again. Where
/// `isOutcomeUnknown` holds, a broker was given the record and did not say what it did with it: it may stand
/// in the log, and to send it again may repeat it.
public typealias DeliveryResult = Result<RecordMetadata, MartletError>
