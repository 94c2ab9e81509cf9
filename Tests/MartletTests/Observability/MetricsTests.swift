import MartletCore
import MartletTesting
import Metrics
import MetricsTestKit
import Testing

@testable import Martlet

@Suite("Metrics", .timeLimit(.minutes(2)))
struct MetricsTests {
    private static let labels = [("client_id", "me")]

    private func withClient(
        _ metrics: TestMetrics, measuresPartitions: Bool = false,
        _ body: (MartletClient) async throws -> Void
    ) async throws {
        try await withBroker { broker in
            var configuration = ClientConfiguration(bootstrapServers: [broker.address])
            configuration.clientID = "me"
            configuration.observability.metricsFactory = metrics
            configuration.observability.measuresPartitions = measuresPartitions
            try await MartletClient.with(configuration) { client in
                try await client.admin.createTopic("t", partitions: 1)
                try await body(client)
            }
        }
    }

    @Test("what was sent, read, stored and is left to read can be seen")
    func figures() async throws {
        let metrics = TestMetrics()
        try await withClient(metrics) { client in
            try await client.withProducer { producer in
                _ = try await producer.send(
                    contentsOf: (0..<100).map { ProducerRecord(topic: "t", key: "k", value: Bytes("\($0)")) })
            }
            #expect(
                metrics.counterTotal(label: "martlet_producer_record_send_total", dimensions: Self.labels)
                    == 100)
            #expect(metrics.counterTotal(label: "martlet_producer_record_error_total") == 0)
            #expect(metrics.counterTotal(label: "martlet_client_connection_creation_total") >= 2)
            #expect(metrics.counterTotal(label: "martlet_producer_outgoing_byte_total") > 100)
            #expect(
                try metrics.expectRecorder("martlet_producer_records_per_request", Self.labels).values.reduce(
                    0, +) == 100)
            #expect(try !metrics.expectTimer("martlet_producer_request_latency", Self.labels).values.isEmpty)
            try await client.withGroupConsumer(GroupConsumerConfiguration(group: "g", topics: "t")) {
                consumer in
                var left = 100
                while left > 0, let batch = try await consumer.poll() { left -= batch.count }
            }
            #expect(
                metrics.counterTotal(
                    label: "martlet_consumer_records_consumed_total", dimensions: Self.labels) == 100)
            #expect(metrics.counterTotal(label: "martlet_consumer_partition_assigned_total") == 1)
            #expect(metrics.counterTotal(label: "martlet_consumer_commit_total") >= 1)
            #expect(
                try metrics.expectRecorder("martlet_consumer_records_lag_max", Self.labels).lastValue == 0)
            #expect(try !metrics.expectTimer("martlet_consumer_fetch_latency", Self.labels).values.isEmpty)
        }
    }

    @Test("in a process that has set up nothing, a client holds nothing to report to, and so spends nothing")
    func nobodyWatches() throws {
        let client = try MartletClient(ClientConfiguration(bootstrap: "localhost:9092"))
        let telemetry = client.telemetry
        #expect(telemetry.tracing == nil && telemetry.connections == nil)
        #expect(telemetry.producer == nil && telemetry.consumer == nil)
    }

    @Test("the lag of each partition is told if that is wanted")
    func lags() async throws {
        let metrics = TestMetrics()
        try await withClient(metrics, measuresPartitions: true) { client in
            try await client.withProducer { producer in
                for _ in 0..<3 {
                    try await producer.send(ProducerRecord(topic: "t", key: "k", value: "x"))
                }
            }
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "t", from: .beginning, until: .end)
                var lag: Int64 = 0
                for try await batch in consumer.batches { lag = batch.highWatermark - batch.nextOffset }
                let labels = Self.labels + [("topic", "t"), ("partition", "0")]
                let gauge = try metrics.expectRecorder("martlet_consumer_records_lag", labels)
                #expect(gauge.lastValue == Double(lag))
            }
        }
    }

    @Test("records that are given up are counted as errors")
    func errors() async throws {
        let metrics = TestMetrics()
        try await withClient(metrics) { client in
            try await client.withProducer { producer in
                // More than the topic takes, and the client does not know that.
                try await client.admin.alterConfigs(
                    of: .topic("t"), ["max.message.bytes": .set("100")])
                await #expect(throws: MartletError.self) {
                    try await producer.send(
                        ProducerRecord(topic: "t", value: Bytes([UInt8](repeating: 0, count: 1_000))))
                }
            }
            #expect(metrics.counterTotal(label: "martlet_producer_record_error_total") == 1)
            #expect(metrics.counterTotal(label: "martlet_producer_record_send_total") == 0)
        }
    }
}
