import MartletBroker
import MartletCore
import MartletRecords
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@Suite("What was produced can be fetched")
struct ProduceAndFetchTests {
    @Test("in every version, by every durability", arguments: ["sync", "os"], 3...13 as ClosedRange<Int16>)
    func versions(durability: String, version: Int16) async throws {
        try await withBroker(settings: ["martlet.durability": durability]) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            let first = try await peer.produce(["a", "b"], to: topic, version: version)
            #expect(first.errorCode == .none)
            #expect(first.baseOffset == 0)
            let second = try await peer.produce(["c"], to: topic, version: version)
            #expect(second.baseOffset == 2)
            let fetched = try await peer.fetch(topic, from: 0)
            #expect(try fetched.values() == ["a", "b", "c"])
            #expect(fetched.highWatermark == 3)
        }
    }

    @Test("fetched in every version, by name or by id", arguments: 4...18 as ClosedRange<Int16>)
    func fetchVersions(version: Int16) async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            _ = try await peer.produce(["a"], to: topic)
            let response = try await peer.send(Peer.fetchRequest(topic, from: 0), version: version)
            #expect(try response.topics[0].partitions[0].values() == ["a"])
        }
    }

    @Test("answers come in the order of the requests, whoever owns the partition", arguments: [1, 3])
    func pipelining(shards: Int) async throws {
        try await withBroker(settings: ["num.network.threads": "\(shards)"]) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events", partitions: 8)
            let pending = try (0..<200).map { index in
                try peer.pending(
                    Peer.produceRequest(topic, PartitionIndex(index % 8), try Peer.batch(["\(index)"])))
            }
            for (index, response) in pending.enumerated() {
                let partition = try await response.value().topics[0].partitions[0]
                #expect(partition.errorCode == .none)
                #expect(partition.baseOffset == Offset(index / 8))
            }
            let request = Peer.fetchRequest(topic, from: 0, partitions: Array(0..<8))
            let fetched = try await peer.send(request).topics[0].partitions
            #expect(fetched.map(\.index) == Array(0..<8))
            for partition in fetched {
                let expected = (0..<25).map { "\($0 * 8 + Int(partition.index))" }
                #expect(try partition.values() == expected)
            }
        }
    }

    @Test("a waiting fetch is answered by the append, not by its timeout", arguments: [1, 2])
    func longPoll(shards: Int) async throws {
        try await withBroker(settings: ["num.network.threads": "\(shards)"]) { broker in
            let consumer = try await Peer.connect(to: broker)
            let producer = try await Peer.connect(to: broker)
            let topic = try await producer.createTopic("events", partitions: 4)
            let began = ContinuousClock.now
            let waiting = try consumer.pending(
                Peer.fetchRequest(topic, from: 0, partitions: Array(0..<4), waitMs: 15_000))
            try await Task.sleep(for: .milliseconds(50))
            _ = try await producer.produce(["news"], to: topic, 3)
            let partitions = try await waiting.value().topics[0].partitions
            #expect(try partitions.flatMap { try $0.values() } == ["news"])
            #expect(ContinuousClock.now - began < .seconds(10))
        }
    }

    @Test("a fetch that finds too little returns empty when its time is up")
    func timeIsUp() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            let fetched = try await peer.fetch(topic, from: 0, waitMs: 50)
            #expect(fetched.errorCode == .none)
            #expect(try fetched.values().isEmpty)
        }
    }

    @Test("the first batch comes whole although it is larger than every limit")
    func oversize() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            let value = String(repeating: "x", count: 100_000)
            _ = try await peer.produce([value], to: topic)
            var request = Peer.fetchRequest(topic, from: 0)
            request.maxBytes = 10
            request.topics[0].partitions[0].maxBytes = 10
            let fetched = try await peer.send(request).topics[0].partitions[0]
            #expect(try fetched.values() == [value])
        }
    }

    @Test("an offset beyond the log is out of range, and a topic that is not there is unknown")
    func errors() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            #expect(try await peer.fetch(topic, from: 7).errorCode == .offsetOutOfRange)
            #expect(try await peer.fetch(topic, from: 0, 5).errorCode == .unknownTopicOrPartition)
            var other = topic
            other.name = "nothing"
            other.id = TopicID(high: 1, low: 1)
            #expect(try await peer.fetch(other, from: 0).errorCode == .unknownTopicID)
            let byName = try await peer.produce(["a"], to: other, version: 9)
            #expect(byName.errorCode == .unknownTopicOrPartition)
            let byID = try await peer.produce(["a"], to: other, version: 13)
            #expect(byID.errorCode == .unknownTopicID)
        }
    }

    @Test("versions of Produce that are advertised for old clients alone are refused by their code")
    func oldProduce() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            let answer = try await peer.produce(["a"], to: topic, version: 2)
            #expect(answer.errorCode == .unsupportedVersion)
            let acks = try await peer.produce(["a"], to: topic, acks: Acks(rawValue: 5))
            #expect(acks.errorCode == .invalidRequiredAcks)
        }
    }

    @Test("a flipped bit is refused, and the connection goes on")
    func corruption() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            var bytes = [UInt8](try Peer.batch(["value"]))
            bytes[bytes.count - 1] ^= 1
            let answer = try await peer.send(Peer.produceRequest(topic, 0, Bytes(bytes)))
            #expect(answer.topics[0].partitions[0].errorCode == .corruptMessage)
            #expect(try await peer.produce(["good"], to: topic).errorCode == .none)
        }
    }

    @Test("what was committed is there after a restart, and offsets go on", arguments: ["sync", "os"])
    func restart(durability: String) async throws {
        try await withTemporaryDirectory { directory in
            let settings = ["martlet.durability": durability]
            let topic = try await withBroker(.directory(directory), settings: settings) { broker in
                let peer = try await Peer.connect(to: broker)
                let topic = try await peer.createTopic("events", configs: ["segment.bytes": "1000000"])
                _ = try await peer.produce(["a", "b"], to: topic)
                return topic
            }
            try await withBroker(.directory(directory), settings: settings) { broker in
                #expect(broker.startup.partitionCount == 1)
                #expect(broker.startup.recoveredCount == 0)
                let peer = try await Peer.connect(to: broker)
                #expect(try await peer.produce(["c"], to: topic).baseOffset == 2)
                #expect(try await peer.fetch(topic, from: 0).values() == ["a", "b", "c"])
            }
        }
    }

    @Test("a second broker on the same directory refuses to start")
    func locked() async throws {
        try await withTemporaryDirectory { directory in
            try await withBroker(.directory(directory)) { _ in
                await #expect(throws: BrokerStartError.self) {
                    try await withBroker(.directory(directory)) { _ in }
                }
            }
        }
    }
}
