internal import MartletCore

// What goes wrong with records on their way to a broker.
extension MartletError {
    static func recordTooLarge(byteCount: Int, limit: Int, name: String) -> MartletError {
        MartletError(
            .recordTooLarge,
            "a record of \(byteCount) bytes exceeds \(name) (\(limit) bytes); send it in parts or raise the limit"
        )
    }

    static func noSuchPartition(
        _ index: PartitionIndex, of topic: TopicName, count: Int32, isNamed: Bool
    ) -> MartletError {
        let advice =
            isNamed
            ? "; choose one of them or add partitions"
            : ", which the partitioner has chosen; it must return one of them, or nil"
        return MartletError(
            .unknownPartition,
            "topic \(topic) has partitions 0 to \(count - 1), not \(index)\(advice)")
    }

    static func closedBeforeDelivery(_ limit: Duration) -> MartletError {
        MartletError(
            .closed, "the producer was closed, and the records were not delivered within \(limit)",
            isRetriable: true)
    }

    static func deliveryTimedOut(_ batch: ProducerBatch, after timeout: Duration) -> MartletError {
        let reason = batch.lastError.map { "the last of \(batch.attempts) attempts failed: \($0.message)" }
        let silence = batch.attempts > 0 ? "the broker has not answered" : "no broker took the records"
        return MartletError(
            .timedOut,
            "no delivery to \(batch.partition) within \(timeout); \(reason ?? silence)"
                + "; see that the partition has a leader, or raise deliveryTimeout",
            underlying: batch.lastError, isRetriable: true)
    }

    static func abandoned(_ batch: ProducerBatch) -> MartletError {
        MartletError(
            .timedOut,
            "records for \(batch.partition) were given up: the broker may have them, and so may it have records"
                + " before them that ran out of time, so that to send them again could repeat them",
            underlying: batch.lastError, isRetriable: true)
    }

    /// The broker takes no batch of that size.
    static func refusedAsTooLarge(
        _ batch: ProducerBatch, _ code: ErrorCode, _ message: String?
    ) -> MartletError {
        let size = "\(batch.byteCount) bytes"
        let what = batch.recordCount == 1 ? "a record of \(size)" : "a batch of \(size)"
        let explanation = message.map { " (\($0))" } ?? ""
        return MartletError(
            .recordTooLarge,
            "producing to \(batch.partition): \(what) is more than the broker takes at once: it answers"
                + " \(code)\(explanation); raise the topic's max.message.bytes (and segment.bytes, where that"
                + " is less), or send the value in parts")
    }

    /// The same error for a record that the broker names as its cause.
    func ofRecord(_ reason: String?) -> MartletError {
        var error = self
        if let reason, !message.contains(reason) { error.message += "; of this record: \(reason)" }
        return error
    }

    /// Nothing is wrong with a record but its company.
    static func refusedWithOthers(
        _ error: MartletError, culprits: Int, of batch: ProducerBatch
    ) -> MartletError {
        MartletError(
            error.code,
            "the record was refused together with \(culprits) of the \(batch.recordCount) records of its batch"
                + " for which the broker gives a reason; send it again. The reason: \(error.message)",
            underlying: error, isRetriable: true)
    }
}
