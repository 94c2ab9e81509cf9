import MartletBroker
import MartletCore
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@Suite("A fetch waits for what can come, and no longer")
struct FetchWaitingTests {
    @Test("a minimum above the maximum does not wait for what would not be sent")
    func minimumAboveMaximum() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            _ = try await peer.produce([String(repeating: "x", count: 500)], to: topic)
            var request = Peer.fetchRequest(topic, from: 0, waitMs: 15_000, minBytes: 10_000)
            request.maxBytes = 100
            let began = ContinuousClock.now
            #expect(try await peer.send(request).topics[0].partitions[0].values().count == 1)
            #expect(ContinuousClock.now - began < .seconds(10))
        }
    }

    @Test("a waiting fetch is told that its topic was deleted", arguments: [12, 13])
    func deletedTopic(version: Int16) async throws {
        try await withBroker { broker in
            let consumer = try await Peer.connect(to: broker)
            let admin = try await Peer.connect(to: broker)
            let topic = try await admin.createTopic("events")
            let waiting = try consumer.pending(
                Peer.fetchRequest(topic, from: 0, waitMs: 15_000), version: version)
            try await Task.sleep(for: .milliseconds(50))
            var deleted = DeleteTopicsRequest.Topic()
            deleted.name = "events"
            var deletion = DeleteTopicsRequest()
            deletion.topics = [deleted]
            #expect(try await admin.send(deletion).topics[0].errorCode == .none)
            let code = try await waiting.value().topics[0].partitions[0].errorCode
            #expect(code == (version < 13 ? .unknownTopicOrPartition : .unknownTopicID))
        }
    }

    @Test("a session ends when its last partition is forgotten")
    func emptySession() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            var request = Peer.fetchRequest(topic, from: 0)
            request.sessionEpoch = 0
            let session = try await peer.send(request).sessionID
            #expect(session != 0)
            var forgotten = FetchRequest.ForgottenTopic()
            forgotten.name = topic.name
            forgotten.id = topic.id
            forgotten.partitions = [0]
            request.topics = []
            request.forgottenTopics = [forgotten]
            request.sessionID = session
            request.sessionEpoch = 1
            let last = try await peer.send(request)
            #expect(last.errorCode == .none)
            #expect(last.sessionID == 0)
            request.sessionEpoch = 2
            #expect(try await peer.send(request).errorCode == .fetchSessionIDNotFound)
        }
    }
}
