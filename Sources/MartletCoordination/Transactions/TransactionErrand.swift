package import MartletCore

/// What a transaction coordinator asks of the rest of the broker, once the records that came with it are
/// durable.
package enum TransactionErrand: Sendable, Equatable {
    /// To end a transaction in partitions. It may be asked twice for the same, after a crash for instance.
    ///
    /// Each partition takes its marker at once or refuses: one that stays behind, after the outcome came or
    /// the coordinator was dropped, could end the next transaction of a client that keeps its epoch.
    case writeMarkers(TransactionMarkers)
    /// To find producer ids that nobody else gets.
    case reserveProducerIDs(count: Int)
}

package enum TransactionErrandOutcome: Sendable {
    /// What became of the marker of each partition. A marker that is down is durable, and readers see what it
    /// says. A partition that is gone needs none: UNKNOWN_TOPIC_OR_PARTITION.
    case markers([TopicPartition: ErrorCode])
    case producerIDs([ProducerID])
    case failed(ErrorCode)
}

/// How a transaction ended.
package struct TransactionMarkers: Sendable, Equatable {
    package var producer: ProducerID
    /// Of the markers: newer than the transaction's records if `isEpochBumped`, else the same.
    package var epoch: ProducerEpoch
    package var isEpochBumped: Bool
    package var isCommit: Bool
    package var partitions: [TopicPartition]

    package init(
        producer: ProducerID, epoch: ProducerEpoch, isEpochBumped: Bool, isCommit: Bool,
        partitions: [TopicPartition]
    ) {
        self.producer = producer
        self.epoch = epoch
        self.isEpochBumped = isEpochBumped
        self.isCommit = isCommit
        self.partitions = partitions
    }
}
