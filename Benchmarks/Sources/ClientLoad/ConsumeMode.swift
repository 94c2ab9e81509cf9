import CClientLoad
import Martlet

/// Consumes assigned partitions from their beginning.
struct ConsumeMode {
    private let work: client_work
    private let form: Form

    private enum Form: String {
        /// `batches`: the way for millions of records.
        case batch
        /// `records`, one after the other.
        case single
    }

    init(_ work: client_work) throws {
        guard let form = Form(rawValue: String(cString: work.form)) else {
            throw Misuse("--form is batch or single")
        }
        self.work = work
        self.form = form
    }

    func run(_ client: MartletClient) async throws {
        var configuration = ConsumerConfiguration()
        configuration.checksChecksums = true
        configuration.maximumWait = .milliseconds(500)
        configuration.maximumFetchBytes = Int(work.fetch_bytes)
        configuration.maximumPartitionFetchBytes = Int(work.partition_fetch_bytes)
        if work.prefetch_bytes > 0 { configuration.prefetchBytes = Int(work.prefetch_bytes) }
        let topic = TopicName(String(cString: work.topic))
        var positions: [TopicPartition: StartPosition] = [:]
        for index in 0..<work.partitions {
            positions[TopicPartition(topic, PartitionIndex(index))] = .beginning
        }
        try await client.withConsumer(configuration) { consumer in
            var start = client_usage_now()
            try await consumer.assign(positions)
            var result = client_result()
            switch form {
            case .batch: try await readBatches(consumer, &start, &result)
            case .single: try await readRecords(consumer, &start, &result)
            }
            client_report(&start, &result)
        }
    }

    private func readBatches(
        _ consumer: Consumer, _ start: inout client_usage, _ result: inout client_result
    ) async throws {
        for try await batch in consumer.batches {
            if result.records == 0 { client_usage_restart_clock(&start) }
            for record in batch { result.add(record.value) }
            if result.records >= work.records { break }
        }
    }

    private func readRecords(
        _ consumer: Consumer, _ start: inout client_usage, _ result: inout client_result
    ) async throws {
        for try await record in consumer.records {
            if result.records == 0 { client_usage_restart_clock(&start) }
            result.add(record.value)
            if result.records >= work.records { break }
        }
    }
}

extension client_result {
    fileprivate mutating func add(_ value: Bytes?) {
        records += 1
        guard let value, !value.isEmpty else { return }
        value_bytes += UInt64(value.count)
        digest += UInt64(value[0])
    }
}
