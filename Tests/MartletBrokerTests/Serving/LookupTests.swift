import MartletBroker
import MartletCore
import MartletTesting
import MartletWire
import Testing

@Suite("Clients find their place in a log")
struct LookupTests {
    @Test(
        "the current leader epoch is known before its first record, so a reader of an empty log is in order")
    func currentEpochOfEmptyLog() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            let latest = try await peer.listOffset(topic, ListOffsetsRequest.latest)
            #expect(latest.offset == 0)
            let end = try await peer.endOffset(topic, of: latest.leaderEpoch)
            #expect(end.errorCode == .none)
            #expect(end.leaderEpoch == latest.leaderEpoch)
            #expect(end.endOffset == 0)
            let unknown = try await peer.endOffset(topic, of: LeaderEpoch(rawValue: 5))
            #expect(unknown.leaderEpoch == .none)
            #expect(unknown.endOffset == .none)
        }
    }

    @Test("a fetch after an epoch that the log does not know is out of range")
    func unknownFetchedEpoch() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            _ = try await peer.produce(["a"], to: topic)
            var request = Peer.fetchRequest(topic, from: 1)
            request.topics[0].partitions[0].lastFetchedEpoch = LeaderEpoch(rawValue: 5)
            #expect(try await peer.send(request).topics[0].partitions[0].errorCode == .offsetOutOfRange)
            request.topics[0].partitions[0].lastFetchedEpoch = LeaderEpoch(rawValue: 0)
            #expect(try await peer.send(request).topics[0].partitions[0].errorCode == .none)
        }
    }

    @Test(
        "a special timestamp is refused in the versions before it",
        arguments: [
            (ListOffsetsRequest.maxTimestamp, 7), (ListOffsetsRequest.earliestLocal, 8),
            (ListOffsetsRequest.latestTiered, 9), (ListOffsetsRequest.earliestPendingUpload, 11),
        ] as [(Int64, Int16)])
    func specialTimestamps(timestamp: Int64, since version: Int16) async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            let before = try await peer.listOffset(topic, timestamp, version: version - 1)
            #expect(before.errorCode == .unsupportedVersion)
            #expect(try await peer.listOffset(topic, timestamp, version: version).errorCode == .none)
        }
    }

    @Test("an id without an epoch, or the other way round, is no producer")
    func halfProducer() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            var request = InitProducerIDRequest()
            request.producerID = ProducerID(rawValue: 3)
            #expect(try await peer.send(request, version: 5).errorCode == .invalidRequest)
            request.producerEpoch = ProducerEpoch(rawValue: 1)
            let answer = try await peer.send(request, version: 5)
            #expect(answer.errorCode == .none)
            #expect(answer.producerEpoch == ProducerEpoch(rawValue: 0))
        }
    }
}

extension Peer {
    func listOffset(
        _ topic: CreateTopicsResponse.Topic, _ timestamp: Int64, version: Int16? = nil
    ) async throws -> ListOffsetsResponse.Partition {
        var partition = ListOffsetsRequest.Partition()
        partition.timestamp = timestamp
        var named = ListOffsetsRequest.Topic()
        named.name = topic.name
        named.partitions = [partition]
        var request = ListOffsetsRequest()
        request.topics = [named]
        return try await send(request, version: version).topics[0].partitions[0]
    }

    func endOffset(
        _ topic: CreateTopicsResponse.Topic, of epoch: LeaderEpoch
    ) async throws -> OffsetForLeaderEpochResponse.Partition {
        var partition = OffsetForLeaderEpochRequest.Partition()
        partition.leaderEpoch = epoch
        var named = OffsetForLeaderEpochRequest.Topic()
        named.name = topic.name
        named.partitions = [partition]
        var request = OffsetForLeaderEpochRequest()
        request.topics = [named]
        return try await send(request).topics[0].partitions[0]
    }
}
