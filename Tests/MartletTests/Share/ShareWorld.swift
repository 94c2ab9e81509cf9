import MartletCore
import MartletRecords
import MartletTesting

@testable import Martlet

/// A broker in which share groups are quick to notice things, and a topic of jobs.
enum ShareWorld {
    private static let settings = [
        "group.share.heartbeat.interval.ms": "100", "group.share.min.heartbeat.interval.ms": "100",
        "group.share.min.record.lock.duration.ms": "1000", "group.share.min.session.timeout.ms": "1000",
        "offsets.topic.num.partitions": "2", "share.coordinator.state.topic.num.partitions": "2",
    ]

    /// - Parameter group: Settings of the group `workers`.
    static func run(
        partitions: Int32 = 1, group: [String: String] = [:], _ body: (MartletClient) async throws -> Void
    ) async throws {
        try await withBroker(settings: settings) { broker in
            var configuration = ClientConfiguration(bootstrapServers: [broker.address])
            configuration.retry.initialBackoff = .milliseconds(10)
            configuration.retry.maximumBackoff = .milliseconds(100)
            try await MartletClient.with(configuration) { client in
                try await client.admin.createTopic("jobs", partitions: partitions)
                var changes: [String: ConfigChange] = ["share.auto.offset.reset": .set("earliest")]
                for (name, value) in group { changes[name] = .set(value) }
                try await client.admin.alterConfigs(of: .group("workers"), changes)
                try await body(client)
            }
        }
    }

    static func configuration(_ completion: RecordCompletion = .onNextPoll) -> ShareConsumerConfiguration {
        var configuration = ShareConsumerConfiguration(group: "workers", topics: "jobs")
        configuration.completion = completion
        configuration.maximumWait = .milliseconds(50)
        return configuration
    }

    static func produce(
        _ values: Range<Int>, _ client: MartletClient, partition: PartitionIndex? = nil
    ) async throws {
        try await client.withProducer { producer in
            for value in values {
                var record = ProducerRecord(topic: "jobs", value: Bytes("\(value)"))
                record.partition = partition
                try await producer.send(record)
            }
        }
    }

    /// A member that goes on by itself; made to die by closing its pool.
    static func withMember<Result: Sendable>(
        _ configuration: ShareConsumerConfiguration, _ client: MartletClient,
        _ body: (ShareConsumer) async throws -> Result
    ) async throws -> Result {
        let consumer = try client.makeShareConsumer(configuration)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await consumer.run() }
            defer { group.cancelAll() }
            return try await body(consumer)
        }
    }
}

extension ShareConsumer {
    /// Longer than anything may take, however busy the machine is.
    static let patience = Duration.seconds(30)

    /// The values of the next batch, or of as many as come until so many are there.
    func take(_ count: Int, _ acknowledgement: Acknowledgement?) async throws -> [ShareRecord] {
        var records: [ShareRecord] = []
        while records.count < count {
            guard let batch = try await poll(within: Self.patience) else { break }
            records += batch
            if let acknowledgement { acknowledge(batch, acknowledgement) }
        }
        return records
    }
}

extension ShareRecord {
    var text: String { value.map(String.init(decoding:)) ?? "" }
    var number: Int { Int(text) ?? -1 }
}
