import MartletBroker
import MartletCore
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@Suite("share fetches and their sessions")
struct ShareFetchTests {
    private static let settings = [
        "offsets.topic.num.partitions": "2", "share.coordinator.state.topic.num.partitions": "2",
    ]

    @Test("a session counts its requests, and no other request of it is carried out")
    func epochs() async throws {
        try await withBroker(settings: Self.settings) { broker in
            let topic = try await Peer.connect(to: broker).createTopic("work")
            let member = try await ShareMember.join(broker, "g", "a", topic)
            #expect(try await member.fetch(3, waitMs: 0).errorCode == .shareSessionNotFound)
            #expect(try await member.fetch(0, waitMs: 0).errorCode == .none)
            #expect(try await member.fetch(2, waitMs: 0).errorCode == .invalidShareSessionEpoch)
            #expect(try await member.fetch(1, waitMs: 0).errorCode == .none)
            #expect(try await member.acknowledge(0, []).errorCode == .invalidShareSessionEpoch)
            #expect(try await member.acknowledge(2, []).errorCode == .none)
            #expect(try await member.acknowledge(-1, []).errorCode == .none)
            #expect(try await member.fetch(3, waitMs: 0).errorCode == .shareSessionNotFound)
            let early = try await member.fetch(0, acknowledging: [.init(0, 0, .accept)])
            #expect(early.errorCode == .invalidRequest)
        }
    }

    @Test("there are only so many sessions, and one that ends makes room")
    func limit() async throws {
        let settings = Self.settings.merging(
            ["group.share.max.share.sessions": "1", "num.network.threads": "1"], uniquingKeysWith: { $1 })
        try await withBroker(settings: settings) { broker in
            let topic = try await Peer.connect(to: broker).createTopic("work")
            let first = try await ShareMember.join(broker, "g", "a", topic)
            let second = try await ShareMember.join(broker, "g", "b", topic)
            #expect(try await first.fetch(0, waitMs: 0).errorCode == .none)
            #expect(try await second.fetch(0, waitMs: 0).errorCode == .shareSessionLimitReached)
            #expect(try await first.fetch(-1).errorCode == .none)
            #expect(try await second.fetch(0, waitMs: 0).errorCode == .none)
        }
    }

    @Test("a connection that breaks gives its records back, and the delivery counts")
    func brokenConnection() async throws {
        try await withBroker(settings: Self.settings) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("work")
            _ = try await peer.produce(["a", "b"], to: topic)
            let first = try await ShareMember.join(broker, "g", "a", topic)
            let second = try await ShareMember.join(broker, "g", "b", topic)
            #expect(try await first.fetch(0).acquired == ["0: 0-1 x1"])
            let waiting = try second.peer.pending(second.request(0))
            first.peer.connection.close()
            #expect(try await waiting.value().acquired == ["0: 0-1 x2"])
            // Who ends the session in order has not been given what it did not look at.
            #expect(try await second.fetch(-1, acknowledging: [.init(0, 0, .accept)]).errorCode == .none)
            let third = try await ShareMember.join(broker, "g", "c", topic)
            #expect(try await third.fetch(0).acquired == ["0: 1-1 x2"])
        }
    }

    @Test("the answer has only batches with acquired records")
    func trimmed() async throws {
        try await withBroker(settings: Self.settings) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("work")
            for value in ["a", "b", "c", "d"] { _ = try await peer.produce([value], to: topic) }
            let member = try await ShareMember.join(broker, "g", "a", topic)
            let single = try await member.fetch(0, maximum: 1)
            #expect(single.acquired == ["0: 0-0 x1"])
            #expect(try single.topics[0].partitions[0].values() == ["a"])
            let rest = try await member.fetch(1, maximum: 2, acknowledging: [.init(0, 0, .release)])
            #expect(rest.acquired == ["0: 0-0 x2", "0: 1-1 x1"])
            #expect(try rest.topics[0].partitions[0].values() == ["a", "b"])
        }
    }

    @Test("a member gets records of all partitions, on whatever loop they live")
    func loops() async throws {
        let settings = Self.settings.merging(["num.network.threads": "3"], uniquingKeysWith: { $1 })
        try await withBroker(settings: settings) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("work", partitions: 6)
            for index in 0..<6 as Range<PartitionIndex> {
                _ = try await peer.produce(["x"], to: topic, index)
            }
            let member = try await ShareMember.join(broker, "g", "a", topic)
            var acquired: Set<String> = []
            var epoch: Int32 = 0
            while acquired.count < 6, epoch < 50 {
                acquired.formUnion(try await member.fetch(epoch, partitions: Array(0..<6)).acquired)
                epoch += 1
            }
            #expect(acquired == Set((0..<6).map { "\($0): 0-0 x1" }))
            // A record that comes later wakes a fetch that waits.
            let waiting = try member.peer.pending(member.request(epoch, partitions: Array(0..<6)))
            try await Task.sleep(for: .milliseconds(50))
            _ = try await peer.produce(["y"], to: topic, 4)
            #expect(try await waiting.value().acquired == ["4: 1-1 x1"])
        }
    }

    @Test("what was acknowledged is done with after a restart, the rest comes again")
    func restart() async throws {
        try await withTemporaryDirectory { path in
            var topic = CreateTopicsResponse.Topic()
            try await withBroker(.directory(path), settings: Self.settings) { broker in
                let peer = try await Peer.connect(to: broker)
                topic = try await peer.createTopic("work")
                _ = try await peer.produce(["a", "b", "c", "d"], to: topic)
                let member = try await ShareMember.join(broker, "g", "a", topic)
                #expect(try await member.fetch(0).acquired == ["0: 0-3 x1"])
                let batches = [AcknowledgementBatch(0, 0, .accept), .init(2, 2, .reject)]
                let answer = try await member.acknowledge(1, batches)
                #expect(answer.topics[0].partitions[0].errorCode == .none)
                let wrong = try await member.acknowledge(2, [.init(2, 2, .accept)])
                #expect(wrong.topics[0].partitions[0].errorCode == .invalidRecordState)
            }
            let known = topic
            try await withBroker(.directory(path), settings: Self.settings) { broker in
                let member = try await ShareMember.join(broker, "g", "b", known)
                let acquired = try await member.fetch(0).acquired
                #expect(acquired.map { $0.prefix { $0 != "x" } } == ["0: 1-1 ", "0: 3-3 "])
            }
        }
    }

    @Test("a fetch waits for the bytes that it asks for", arguments: [1, 3])
    func minimum(threads: Int) async throws {
        let settings = Self.settings.merging(
            ["num.network.threads": "\(threads)"], uniquingKeysWith: { $1 })
        try await withBroker(settings: settings) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("work", partitions: 2)
            let member = try await ShareMember.join(broker, "g", "a", topic)
            _ = try await peer.produce(["a"], to: topic)
            var request = member.request(0, partitions: [0, 1])
            request.minBytes = 2_000
            request.maxWaitMs = 60_000
            let waiting = try member.peer.pending(request)
            try await Task.sleep(for: .milliseconds(300))
            let before = ContinuousClock.now
            // Both partitions together have enough.
            _ = try await peer.produce([String(repeating: "b", count: 1_950)], to: topic, 1)
            #expect(try await waiting.value().acquired == ["0: 0-0 x1", "1: 0-0 x1"])
            #expect(ContinuousClock.now - before < .seconds(30))
        }
    }

    @Test("a fetch takes what there is when it has waited long enough, and at once if it does not wait")
    func timeIsUp() async throws {
        try await withBroker(settings: Self.settings) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("work")
            let member = try await ShareMember.join(broker, "g", "a", topic)
            _ = try await member.fetch(0, waitMs: 100)
            _ = try await peer.produce(["a"], to: topic)
            var request = member.request(1, waitMs: 300)
            request.minBytes = 1 << 20
            let before = ContinuousClock.now
            #expect(try await member.peer.send(request).acquired == ["0: 0-0 x1"])
            #expect(ContinuousClock.now - before >= .milliseconds(290))
            _ = try await peer.produce(["b"], to: topic)
            request.shareSessionEpoch = 2
            request.maxWaitMs = 0
            #expect(try await member.peer.send(request).acquired == ["0: 1-1 x1"])
        }
    }
}

extension ShareFetchResponse.Partition {
    fileprivate func values() throws -> [String] {
        var plain = FetchResponse.Partition()
        plain.records = records
        return try plain.values()
    }
}
