import MartletBroker
import MartletCore
import MartletTesting
import MartletWire
import Testing

@Suite("Topics are created, described and deleted as Kafka does it")
struct TopicAdministrationTests {
    @Test("the broker's own metadata log cannot be made a topic, by any way to a new topic")
    func metadataLogIsReserved() async throws {
        try await withTemporaryDirectory { directory in
            let kept = try await withBroker(.directory(directory)) { broker in
                let peer = try await Peer.connect(to: broker)
                let kept = try await peer.createTopic("kept")
                let created = try await peer.createTopic("__cluster_metadata")
                #expect(created.errorCode == .topicAuthorizationFailed)
                let described = try await peer.metadata(["__cluster_metadata"])
                #expect(described[0].errorCode == .topicAuthorizationFailed)
                return kept
            }
            try await withBroker(.directory(directory)) { broker in
                let described = try await Peer.connect(to: broker).metadata(nil)
                #expect(described.map(\.id) == [kept.id])
            }
        }
    }

    @Test("names that differ only in dots and underscores collide")
    func collision() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            #expect(try await peer.createTopic("orders.new").errorCode == .none)
            #expect(try await peer.createTopic("orders_new").errorCode == .invalidTopicException)
            #expect(try await peer.createTopic("orders-new").errorCode == .none)
            #expect(try await peer.metadata(["orders_new"])[0].errorCode == .invalidTopicException)
        }
    }

    @Test("a request that contradicts itself creates nothing")
    func contradictions() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            var assigned = CreateTopicsRequest.Topic()
            assigned.name = "assigned"
            assigned.partitionCount = 2
            assigned.replicationFactor = -1
            var assignment = CreateTopicsRequest.Assignment()
            assignment.replicas = [BrokerID(rawValue: 1)]
            assigned.assignments = [assignment]
            var unset = CreateTopicsRequest.Topic()
            unset.name = "unset"
            unset.partitionCount = 1
            unset.replicationFactor = 1
            var config = CreateTopicsRequest.Config()
            config.name = "segment.bytes"
            config.value = nil
            unset.configs = [config]
            var twice = CreateTopicsRequest.Topic()
            twice.name = "twice"
            var request = CreateTopicsRequest()
            request.topics = [assigned, unset, twice, twice]
            let answers = try await peer.send(request).topics
            #expect(answers.map(\.name) == ["assigned", "unset", "twice"])
            #expect(answers.map(\.errorCode) == [.invalidRequest, .invalidConfig, .invalidRequest])
            #expect(try await peer.metadata(nil).isEmpty)
        }
    }

    @Test("a deletion names each topic once, and by name or id")
    func deletions() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let first = try await peer.createTopic("first")
            let second = try await peer.createTopic("second")
            func deletion(_ name: TopicName?, _ id: TopicID = .zero) -> DeleteTopicsRequest.Topic {
                var topic = DeleteTopicsRequest.Topic()
                topic.name = name
                topic.id = id
                return topic
            }
            var request = DeleteTopicsRequest()
            request.topics = [
                deletion("first", first.id), deletion(nil), deletion("second"), deletion("second"),
                deletion("nothing"), deletion(nil, TopicID(high: 1, low: 1)),
            ]
            let answers = try await peer.send(request).topics
            #expect(
                answers.map(\.errorCode) == [
                    .invalidRequest, .invalidRequest, .invalidRequest, .unknownTopicOrPartition,
                    .unknownTopicID,
                ])
            request.topics = [deletion("first"), deletion(nil, second.id)]
            #expect(try await peer.send(request).topics.map(\.errorCode) == [.none, .none])
            #expect(try await peer.metadata(nil).isEmpty)
        }
    }

    @Test("metadata names each topic once, and an id counts before a name")
    func metadataRepeats() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events", partitions: 3)
            let other = try await peer.createTopic("other")
            var named = MetadataRequest.Topic()
            named.name = "events"
            var both = MetadataRequest.Topic()
            both.name = "events"
            both.id = other.id
            var request = MetadataRequest()
            request.topics = [named, named, named]
            #expect(try await peer.send(request).topics.map(\.id) == [topic.id])
            request.topics = [both]
            #expect(try await peer.send(request).topics.map(\.id) == [other.id])
        }
    }

    @Test("metadata by id is refused, not cut off, in versions that cannot carry it", arguments: [10, 11])
    func metadataWithoutNames(version: Int16) async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            for id in [topic.id, TopicID(high: 1, low: 1)] {
                var asked = MetadataRequest.Topic()
                asked.name = nil
                asked.id = id
                var request = MetadataRequest()
                request.topics = [asked]
                let answer = try await peer.send(request, version: version)
                #expect(answer.topics.map(\.errorCode) == [.invalidRequest])
            }
        }
    }
}

@Suite("Settings of topics are described and changed as Kafka does it")
struct TopicSettingsTests {
    @Test("an empty list of keys asks for all of them, and a resource is described once")
    func describe() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            _ = try await peer.createTopic("events")
            var resource = DescribeConfigsRequest.Resource()
            resource.type = .topic
            resource.name = "events"
            resource.keys = []
            var request = DescribeConfigsRequest()
            request.resources = [resource, resource]
            let answers = try await peer.send(request).resources
            #expect(answers.count == 1)
            #expect(answers[0].configs.count == TopicConfigKeys.all.count)
        }
    }

    @Test("a change that names something twice, or no value, changes nothing")
    func alter() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            _ = try await peer.createTopic("events")
            func change(_ name: String, _ value: String?) -> IncrementalAlterConfigsRequest.Config {
                var config = IncrementalAlterConfigsRequest.Config()
                config.name = name
                config.operation = .set
                config.value = value
                return config
            }
            var resource = IncrementalAlterConfigsRequest.Resource()
            resource.type = .topic
            resource.name = "events"
            resource.configs = [change("segment.ms", "1000"), change("segment.ms", "2000")]
            var request = IncrementalAlterConfigsRequest()
            request.resources = [resource]
            #expect(try await peer.send(request).resources.map(\.errorCode) == [.invalidRequest])
            resource.configs = [change("segment.ms", nil)]
            request.resources = [resource]
            #expect(try await peer.send(request).resources.map(\.errorCode) == [.invalidRequest])
            resource.configs = [change("segment.ms", "1000")]
            request.resources = [resource, resource]
            #expect(
                try await peer.send(request).resources.map(\.errorCode) == [.invalidRequest, .invalidRequest])
            request.resources = [resource]
            #expect(try await peer.send(request).resources.map(\.errorCode) == [.none])
        }
    }
}

extension Peer {
    /// nil for all topics.
    func metadata(_ names: [TopicName]?) async throws -> [MetadataResponse.Topic] {
        var request = MetadataRequest()
        request.topics = names?.map { name in
            var topic = MetadataRequest.Topic()
            topic.name = name
            return topic
        }
        return try await send(request).topics
    }
}
