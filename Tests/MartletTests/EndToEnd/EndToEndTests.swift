import Martlet
import MartletCore
import MartletRecords
import MartletTesting
import Testing

@Suite("The client library against a broker")
struct EndToEndTests {
    private static func withClient<Result: Sendable>(
        settings: [String: String] = [:], _ body: (MartletClient) async throws -> Result
    ) async throws -> Result {
        try await withBroker(settings: settings) { broker in
            try await MartletClient.with(ClientConfiguration(bootstrapServers: [broker.address]), body)
        }
    }

    @Test(
        "records of every codec arrive as they were sent",
        arguments: [Compression.none, .gzip, .snappy, .lz4, .zstd])
    func codecs(compression: Compression) async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("events")
            var configuration = ProducerConfiguration()
            configuration.compression = compression
            let sent = (0..<500).map(Self.record)
            try await client.withProducer(configuration) { producer in
                let places = try await producer.send(contentsOf: sent)
                #expect(places.map(\.offset) == (0..<500).map { Offset($0) })
            }
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "events", from: .beginning, until: .end)
                var index = 0
                for try await record in consumer.records {
                    #expect(record.key == sent[index].key)
                    #expect(record.value == sent[index].value)
                    #expect(record.headers == sent[index].headers)
                    #expect(record.timestamp == sent[index].timestamp)
                    index += 1
                }
                #expect(index == sent.count)
            }
        }
    }

    /// Records of many shapes: with and without key, value and headers.
    private static func record(_ index: Int) -> ProducerRecord {
        var record = ProducerRecord(topic: "events", value: nil)
        if index % 3 != 0 { record.key = Bytes("key \(index)") }
        if index % 7 != 0 { record.value = Bytes(String(repeating: "value \(index) ", count: index % 50)) }
        if index % 2 != 0 { record.headers = [RecordHeader(key: "n", value: Bytes("\(index)"))] }
        record.timestamp = Timestamp(rawValue: 1_700_000_000_000 + Int64(index))
        return record
    }

    @Test("a consumer begins where it is told: at an offset, before the end, at a time")
    func positions() async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("events")
            try await client.withProducer { producer in
                _ = try await producer.send(
                    contentsOf: (0..<100).map { index in
                        ProducerRecord(
                            topic: "events", value: Bytes("\(index)"),
                            timestamp: Timestamp(rawValue: 1_000 * Int64(index + 1)))
                    })
            }
            let expected: [(StartPosition, Int)] = [
                (.beginning, 0), (.offset(40), 40), (.last(5), 95), (.timestamp(50_500), 50),
            ]
            for (start, first) in expected {
                try await client.withConsumer { consumer in
                    try await consumer.assign(topic: "events", from: start, until: .end)
                    var values: [String] = []
                    for try await record in consumer.records {
                        values.append(record.value.map(String.init(decoding:)) ?? "")
                    }
                    #expect(values == (first..<100).map { "\($0)" }, "from \(start)")
                }
            }
        }
    }

    @Test("a waiting consumer gets what is written later, from several loops", arguments: [1, 2])
    func waiting(loops: Int) async throws {
        try await Self.withClient(settings: ["num.network.threads": "\(loops)"]) { client in
            try await client.admin.createTopic("events", partitions: 4)
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "events", from: .end)
                try await client.withProducer { producer in
                    for index in 0..<20 {
                        try await producer.send(
                            ProducerRecord(topic: "events", key: Bytes("\(index)"), value: Bytes("\(index)")))
                    }
                }
                var seen: Set<String> = []
                for try await record in consumer.records {
                    seen.insert(record.value.map(String.init(decoding:)) ?? "")
                    if seen.count == 20 { break }
                }
                #expect(seen == Set((0..<20).map { "\($0)" }))
            }
        }
    }

    @Test("topics are described, changed, grown and deleted")
    func administration() async throws {
        try await Self.withClient { client in
            let admin = client.admin
            try await admin.createTopic("events", partitions: 2, configuration: ["segment.bytes": "1000000"])
            await #expect(throws: MartletError.self) { try await admin.createTopic("events") }
            let cluster = try await admin.describeCluster()
            #expect(cluster.brokers.count == 1)
            try await admin.deleteTopic("events")
            await #expect(throws: MartletError.self) { try await admin.deleteTopic("events") }
        }
    }
}
