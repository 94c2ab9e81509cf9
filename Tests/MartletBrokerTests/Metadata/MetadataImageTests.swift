import MartletCore
import MartletWire
import Testing

@testable import MartletBroker

@Suite("Metadata follows from its records")
struct MetadataImageTests {
    private static let id = TopicID(high: 1, low: 2)
    private static let partition = MetadataImage.Partition(
        leader: BrokerID(rawValue: 1), leaderEpoch: LeaderEpoch(rawValue: 4),
        replicas: [BrokerID(rawValue: 1)],
        inSyncReplicas: [BrokerID(rawValue: 1)]
    )

    static let records: [MetadataRecord] = [
        .topic("events", id),
        .partition(id, 0, partition),
        .partition(id, 1, partition),
        .topicSetting("events", key: "segment.bytes", value: "1000"),
        .topicSetting("events", key: "retention.ms", value: nil),
        .setting(ConfigResource(.group, "workers"), key: "share.delivery.count.limit", value: "3"),
        .setting(ConfigResource(.clientMetrics, "all"), key: "metrics", value: "*"),
        .setting(.allBrokers, key: "message.max.bytes", value: nil),
        .quota(
            QuotaEntity(parts: [.user: .default, .clientID: .name("a")]), key: "request_percentage",
            value: 12.5),
        .quota(QuotaEntity(parts: [.ip: .name("10.0.0.1")]), key: "connection_creation_rate", value: nil),
        .producerIDs(next: ProducerID(rawValue: 1000)),
        .topicRemoved(id),
    ]

    @Test("every record survives its encoding", arguments: records)
    func coding(record: MetadataRecord) throws {
        #expect(try MetadataRecord(decoding: record.encoded()) == record)
    }

    @Test("a record of an unknown kind is left out, a cut one is an error")
    func hostile() throws {
        #expect(try MetadataRecord(decoding: Bytes([1, 99, 0, 0])) == nil)
        let whole = try Self.records[1].encoded()
        for count in 0..<whole.count {
            #expect(throws: (any Error).self) { try MetadataRecord(decoding: whole[0..<count]) }
        }
    }

    @Test("a topic appears, changes and disappears")
    func life() throws {
        var image = MetadataImage()
        for record in Self.records.dropLast() { image.apply(record) }
        let topic = try #require(image.topics["events"])
        #expect(topic.partitions == [Self.partition, Self.partition])
        #expect(topic.settings.overrides == ["segment.bytes": "1000"])
        #expect(image[Self.id]?.name == "events")
        #expect(image.nextProducerID == ProducerID(rawValue: 1000))
        #expect(image.groupSettings == ["workers": ["share.delivery.count.limit": "3"]])
        #expect(image.brokerSettings.isEmpty)
        #expect(image.quotas.count == 1)
        image.apply(.topicRemoved(Self.id))
        #expect(image.topics.isEmpty)
        #expect(image[Self.id] == nil)
    }

    @Test("one task at a time passes the gate, in order")
    func gate() async throws {
        let gate = SerialGate()
        let inside = Flag()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await gate.pass {
                        let wasAlone = !inside.isSet
                        inside.set()
                        await Task.yield()
                        inside.clear()
                        return wasAlone
                    }
                }
            }
            for await wasAlone in group { #expect(wasAlone) }
        }
    }
}
