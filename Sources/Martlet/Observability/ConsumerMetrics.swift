internal import MartletCore
internal import Metrics
internal import Synchronization

/// What consumers of a client do. Told once per batch, request or change, never per record.
final class ConsumerMetrics: Sendable {
    private struct Lags: Sendable {
        var byPartition: [TopicPartition: Int64] = [:]
        var gauges: [TopicPartition: Gauge] = [:]
        var largest: (partition: TopicPartition, lag: Int64)?
    }

    private let factory: any MetricsFactory
    private let labels: [(String, String)]
    private let measuresPartitions: Bool
    private let records: Counter
    private let bytes: Counter
    private let recordsPerBatch: Recorder
    private let fetchLatency: Metrics.Timer
    private let timeBetweenPolls: Metrics.Timer
    private let largestLag: Gauge
    private let assigned: Counter
    private let revoked: Counter
    private let lost: Counter
    private let rebalances: Counter
    private let commits: Counter
    private let failedCommits: Counter
    private let commitLatency: Metrics.Timer
    private let undecodable: Counter
    private let lags = Mutex(Lags())

    init(_ factory: any MetricsFactory, _ labels: [(String, String)], measuresPartitions: Bool) {
        func counter(_ name: String) -> Counter {
            Counter(label: "martlet_consumer_\(name)", dimensions: labels, factory: factory)
        }
        func timer(_ name: String) -> Metrics.Timer {
            Timer(label: "martlet_consumer_\(name)", dimensions: labels, factory: factory)
        }
        self.factory = factory
        self.labels = labels
        self.measuresPartitions = measuresPartitions
        records = counter("records_consumed_total")
        bytes = counter("bytes_consumed_total")
        recordsPerBatch = Recorder(
            label: "martlet_consumer_records_per_batch", dimensions: labels, aggregate: true, factory: factory
        )
        fetchLatency = timer("fetch_latency")
        timeBetweenPolls = timer("time_between_poll")
        largestLag = Gauge(label: "martlet_consumer_records_lag_max", dimensions: labels, factory: factory)
        assigned = counter("partition_assigned_total")
        revoked = counter("partition_revoked_total")
        lost = counter("partition_lost_total")
        rebalances = counter("rebalance_total")
        commits = counter("commit_total")
        failedCommits = counter("commit_error_total")
        commitLatency = timer("commit_latency")
        undecodable = counter("record_undecodable_total")
    }

    /// A batch is handed out.
    func didHandOut(_ batch: ConsumerBatch) {
        records.increment(by: batch.count)
        bytes.increment(by: batch.byteCount)
        recordsPerBatch.record(batch.count)
        setLag(of: batch.partition, max(batch.highWatermark - batch.nextOffset, 0))
    }

    private func setLag(of partition: TopicPartition, _ lag: Int64) {
        let (largest, gauge) = lags.withLock { lags -> (Int64, Gauge?) in
            lags.byPartition[partition] = lag
            if let largest = lags.largest, lag < largest.lag, largest.partition != partition {
                return (largest.lag, partitionGauge(partition, &lags))
            }
            findLargest(&lags)
            return (lags.largest?.lag ?? 0, partitionGauge(partition, &lags))
        }
        largestLag.record(largest)
        gauge?.record(lag)
    }

    private func findLargest(_ lags: inout Lags) {
        lags.largest = lags.byPartition.max { $0.value < $1.value }.map { ($0.key, $0.value) }
    }

    private func partitionGauge(_ partition: TopicPartition, _ lags: inout Lags) -> Gauge? {
        guard measuresPartitions else { return nil }
        if let gauge = lags.gauges[partition] { return gauge }
        let gauge = Gauge(
            label: "martlet_consumer_records_lag",
            dimensions: labels + [
                ("topic", partition.topic.rawValue), ("partition", "\(partition.partition)"),
            ],
            factory: factory)
        lags.gauges[partition] = gauge
        return gauge
    }

    /// A fetch was answered, or came to another end.
    func didFetch(since start: ContinuousClock.Instant) {
        fetchLatency.record(duration: ContinuousClock.now - start)
    }

    /// The user has come back for more.
    func didPoll(after busy: Duration) { timeBetweenPolls.record(duration: busy) }

    func didTake(_ count: Int) {
        rebalances.increment()
        assigned.increment(by: count)
    }

    /// Partitions are given up.
    func didGiveUp(_ partitions: Set<TopicPartition>) {
        revoked.increment(by: partitions.count)
        forget(partitions)
    }

    /// Partitions were taken away.
    func didLose(_ partitions: Set<TopicPartition>) {
        lost.increment(by: partitions.count)
        forget(partitions)
    }

    private func forget(_ partitions: Set<TopicPartition>) {
        lags.withLock { lags in
            for partition in partitions {
                lags.byPartition[partition] = nil
                lags.gauges.removeValue(forKey: partition)?.destroy()
            }
            findLargest(&lags)
        }
    }

    func didCommit(since start: ContinuousClock.Instant, failed: Bool) {
        if failed { failedCommits.increment() } else { commits.increment() }
        commitLatency.record(duration: ContinuousClock.now - start)
    }

    func didSkipUndecodable() { undecodable.increment() }
}
