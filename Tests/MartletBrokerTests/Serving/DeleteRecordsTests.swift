import Logging
import MartletBroker
import MartletCore
import MartletSimulation
import MartletTesting
import MartletWire
import Testing

@Suite("Records are deleted up to an offset")
struct DeleteRecordsTests {
    @Test("the log begins there, for readers and for those who ask", arguments: 0...2 as ClosedRange<Int16>)
    func deletes(version: Int16) async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            for value in ["a", "b", "c", "d"] { _ = try await peer.produce([value], to: topic) }
            let answer = try await peer.deleteRecords("events", before: 2, version: version)
            #expect(answer.errorCode == .none)
            #expect(answer.lowWatermark == 2)
            #expect(try await peer.fetch(topic, from: 1).errorCode == .offsetOutOfRange)
            #expect(try await peer.fetch(topic, from: 2).values() == ["c", "d"])
            #expect(try await peer.fetch(topic, from: 2).logStartOffset == 2)
            #expect(try await peer.listOffset(topic, ListOffsetsRequest.earliest).offset == 2)
            // An earlier one changes nothing, -1 takes all.
            #expect(try await peer.deleteRecords("events", before: 1).lowWatermark == 2)
            #expect(try await peer.deleteRecords("events", before: -1).lowWatermark == 4)
            #expect(try await peer.listOffset(topic, ListOffsetsRequest.earliest).offset == 4)
            #expect(try await peer.produce(["e"], to: topic).baseOffset == 4)
        }
    }

    @Test("what is not there cannot be deleted, nor what the topic's policy keeps")
    func refusals() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            _ = try await peer.produce(["a"], to: topic)
            for offset in [2, -2, Int64.max] {
                let answer = try await peer.deleteRecords("events", before: Offset(rawValue: offset))
                #expect(answer.errorCode == .offsetOutOfRange)
                #expect(answer.lowWatermark == -1)
            }
            #expect(
                try await peer.deleteRecords("nothing", before: 0).errorCode == .unknownTopicOrPartition)
            _ = try await peer.createTopic("compacted", configs: ["cleanup.policy": "compact"])
            #expect(try await peer.deleteRecords("compacted", before: 0).errorCode == .policyViolation)
            _ = try await peer.createTopic("both", configs: ["cleanup.policy": "compact,delete"])
            #expect(try await peer.deleteRecords("both", before: 0).errorCode == .none)
        }
    }

    @Test("a power cut after the answer does not bring them back, and the start has the epoch of its record")
    func durable() async throws {
        let disk = SimulatedDisk()
        var crashed: SimulatedDisk?
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            for value in ["a", "b", "c"] { _ = try await peer.produce([value], to: topic) }
            #expect(try await peer.deleteRecords("events", before: 1).lowWatermark == 1)
            crashed = disk.afterPowerLoss(seed: 3)
        }
        try await serve(try #require(crashed)) { broker in
            let peer = try await Peer.connect(to: broker)
            var topic = CreateTopicsResponse.Topic()
            topic.name = "events"
            let earliest = try await peer.listOffset(topic, ListOffsetsRequest.earliest)
            let latest = try await peer.listOffset(topic, ListOffsetsRequest.latest)
            #expect(earliest.offset == 1)
            #expect(earliest.leaderEpoch == LeaderEpoch(rawValue: 0))
            #expect(latest.offset == 3)
            #expect(latest.leaderEpoch == LeaderEpoch(rawValue: 1))
            // Where nothing is left, the next record will be of the current leader.
            #expect(try await peer.deleteRecords("events", before: -1).lowWatermark == 3)
            let end = try await peer.listOffset(topic, ListOffsetsRequest.earliest)
            #expect(end.leaderEpoch == LeaderEpoch(rawValue: 1))
        }
    }

    private func serve(_ disk: SimulatedDisk, _ body: (Broker) async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = try BrokerConfiguration(dataDirectory: "/martlet", logger: logger)
        configuration.fileSystem = disk
        let broker = try await Broker.start(configuration)
        do {
            try await body(broker)
        } catch {
            try? await broker.shutDown()
            throw error
        }
        try await broker.shutDown()
    }
}

extension Peer {
    func deleteRecords(
        _ topic: TopicName, before offset: Offset, version: Int16? = nil
    ) async throws -> DeleteRecordsResponse.Partition {
        var partition = DeleteRecordsRequest.Partition()
        partition.offset = offset
        var named = DeleteRecordsRequest.Topic()
        named.name = topic
        named.partitions = [partition]
        var request = DeleteRecordsRequest()
        request.topics = [named]
        request.timeoutMs = 10_000
        return try await send(request, version: version).topics[0].partitions[0]
    }
}
