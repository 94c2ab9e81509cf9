internal import MartletCore
internal import Metrics

/// What producers of a client do. Told once per batch or request, never per record.
final class ProducerMetrics: Sendable {
    private let sent: Counter
    private let failed: Counter
    private let retried: Counter
    private let bytes: Counter
    private let batchSize: Recorder
    private let recordsPerRequest: Recorder
    private let latency: Metrics.Timer
    private let queueTime: Metrics.Timer

    init(_ factory: any MetricsFactory, _ labels: [(String, String)]) {
        func counter(_ name: String) -> Counter {
            Counter(label: "martlet_producer_\(name)", dimensions: labels, factory: factory)
        }
        func recorder(_ name: String) -> Recorder {
            Recorder(
                label: "martlet_producer_\(name)", dimensions: labels, aggregate: true, factory: factory)
        }
        func timer(_ name: String) -> Metrics.Timer {
            Timer(label: "martlet_producer_\(name)", dimensions: labels, factory: factory)
        }
        sent = counter("record_send_total")
        failed = counter("record_error_total")
        retried = counter("record_retry_total")
        bytes = counter("outgoing_byte_total")
        batchSize = recorder("batch_size")
        recordsPerRequest = recorder("records_per_request")
        latency = timer("request_latency")
        queueTime = timer("record_queue_time")
    }

    /// A request goes out.
    func didSubmit(_ batches: [(ProducerBatch, Bytes)]) {
        let now = ContinuousClock.now
        var records = 0
        for (batch, encoded) in batches {
            records += batch.recordCount
            bytes.increment(by: encoded.count)
            batchSize.record(encoded.count)
            if batch.attempts <= 1 { queueTime.record(duration: now - batch.createdAt) }
        }
        recordsPerRequest.record(records)
    }

    /// A request was answered, or came to another end.
    func didFinish(since start: ContinuousClock.Instant) {
        latency.record(duration: ContinuousClock.now - start)
    }

    /// An attempt failed, and another is to follow.
    func didFail(_ batch: ProducerBatch) { retried.increment(by: batch.recordCount) }

    /// Batches were delivered or given up.
    func didSettle(_ settlements: [Accumulator.Settlement]) {
        for settlement in settlements {
            switch settlement.outcome {
            case .success: sent.increment(by: settlement.recordCount)
            case .failure: failed.increment(by: settlement.recordCount)
            }
        }
    }
}
