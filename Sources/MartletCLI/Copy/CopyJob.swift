internal import Logging
internal import Martlet

/// What `martlet copy` does, once the command line is understood.
struct CopyJob: Sendable {
    let client: ClientConfiguration
    let consumer: GroupConsumerConfiguration
    let producer: ProducerConfiguration
    let target: TopicName
    let keepsPartitions: Bool
    /// Records after which to commit.
    let maximumRecords: Int
    /// Time after which to commit.
    let interval: Duration
    let idleTimeout: Duration?
    let isVerbose: Bool

    @MainActor
    func run() async throws {
        var meter = Meter()
        defer { if isVerbose { meter.report("copied to \(target)") } }
        do {
            try await MartletClient.with(client) { client in
                try await client.withGroupConsumer(consumer) { consumer in
                    try await client.withProducer(producer) { producer in
                        // Ends what an earlier process left open. Until then its offsets are uncertain, and
                        // the consumer waits for them.
                        try await producer.initTransactions()
                        while let batch = try await consumer.poll(within: idleTimeout) {
                            try await copy(batch, consumer, producer, &meter)
                        }
                    }
                }
            }
        } catch let error as MartletError {
            throw error.code == .cancelled ? CancellationError() : error
        }
    }

    /// One transaction: this batch, and those that come within the interval. What fails and may go well the
    /// next time comes again by itself, since the consumer goes back.
    @MainActor
    private func copy(
        _ first: ConsumerBatch, _ consumer: GroupConsumer, _ producer: Producer, _ meter: inout Meter
    ) async throws {
        let deadline = ContinuousClock.now + interval
        do {
            let (records, bytes) = try await producer.withTransaction(consuming: consumer) { transaction in
                var (records, bytes) = (0, 0)
                var next: ConsumerBatch? = first
                while let batch = next {
                    try await transaction.enqueue(contentsOf: batch.map { copy($0, of: batch.partition) })
                    records += batch.count
                    bytes += batch.byteCount
                    guard records < maximumRecords, ContinuousClock.now < deadline else { break }
                    next = try await consumer.poll(within: max(deadline - .now, .zero))
                }
                return (records, bytes)
            }
            meter.add(records: records, bytes: bytes)
        } catch let error as MartletError where error.isRetriable && error.code != .cancelled {
            client.logger.warning(
                "a transaction was aborted; its records come again", metadata: ["reason": "\(error.message)"])
        }
    }

    private func copy(_ record: Record, of partition: TopicPartition) -> ProducerRecord {
        ProducerRecord(
            topic: target, partition: keepsPartitions ? partition.partition : nil, key: record.key,
            value: record.value, headers: record.headers, timestamp: record.timestamp)
    }
}
