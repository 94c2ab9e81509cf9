/// What a transaction coordinator is told about limits and times; names and defaults are Kafka's where Kafka
/// has them. It knows when each transaction and each transactional id is due, so Kafka's intervals for
/// looking after them (`transaction.abort.timed.out.transaction.cleanup.interval.ms`,
/// `transaction.remove.expired.transaction.cleanup.interval.ms`) have no meaning here.
package struct TransactionSettings: Sendable {
    /// `transaction.max.timeout.ms`: the longest time-out that a producer may ask for.
    package var maximumTimeoutMs: Int32 = 900_000
    /// `transactional.id.expiration.ms`: how long an unused transactional id is remembered.
    package var transactionalIDExpirationMs: Int64 = 7 * 24 * 60 * 60_000
    /// `transaction.two.phase.commit.enable`: whether transactions without a time-out are allowed (KIP-939).
    package var isTwoPhaseCommitEnabled = false
    /// How long an answer waits for markers. Then the decision is all that the client is told.
    package var markerPatienceMs: Int64 = 500
    /// Between attempts to write markers: from, doubled each time, to.
    package var markerRetryMs: ClosedRange<Int64> = 50...5_000
    /// How long the record that all markers are down may wait for a reason to write.
    package var completionRecordDelayMs: Int64 = 1_000
    /// Producer ids that are reserved at once.
    package var reserveCount = 100

    package init() {}
}
