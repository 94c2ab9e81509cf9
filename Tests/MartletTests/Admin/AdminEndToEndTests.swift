import Martlet
import MartletCore
import MartletTesting
import Testing

@Suite("Administration of a broker", .timeLimit(.minutes(1)))
struct AdminEndToEndTests {
    private static func withClient(_ body: (MartletClient) async throws -> Void) async throws {
        try await withBroker(settings: ["group.initial.rebalance.delay.ms": "0"]) { broker in
            try await MartletClient.with(ClientConfiguration(bootstrapServers: [broker.address]), body)
        }
    }

    @Test("a service brings its topics along, whether they exist or not")
    func ensuredTopics() async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("a", partitions: 2)
            try await client.admin.ensureTopics([NewTopic("a", partitions: 5), NewTopic("b", partitions: 3)])
            let topics = try await client.admin.listTopics()
            #expect(topics.map(\.name) == ["a", "b"])
            #expect(topics.map(\.partitions.count) == [2, 3])
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.ensureTopic("c", replicationFactor: 7)
            }
            #expect(error?.code == .broker(.invalidReplicationFactor))
        }
    }

    @Test("topics are described and deleted by their ids, and one that was made anew is another")
    func topicIDs() async throws {
        try await Self.withClient { client in
            let admin = client.admin
            let first = try #require(try await admin.createTopic("a").id)
            let described = try await admin.describeTopics(ids: [first])
            #expect(try described[first]?.get().name == "a")
            try await admin.deleteTopic("a")
            let second = try #require(try await admin.createTopic("a").id)
            let deleted = try await admin.deleteTopics(ids: [first])
            let gone = #expect(throws: MartletError.self) { try deleted[first]?.get() }
            #expect(gone?.code == .broker(.unknownTopicID))
            #expect(try await admin.listTopics().map(\.name) == ["a"])
            try await admin.deleteTopics(ids: [second])[second]?.get()
            #expect(try await admin.listTopics().isEmpty)
        }
    }

    @Test("partitions are added to several topics, and records deleted from several partitions")
    func partitions() async throws {
        try await Self.withClient { client in
            let admin = client.admin
            try await admin.createTopic("a")
            try await admin.createTopic("b", partitions: 2)
            let tried = try await admin.createPartitions(
                ["a": NewPartitions(count: 3), "b": NewPartitions(count: 1)], validateOnly: true)
            #expect(throws: Never.self) { try tried["a"]?.get() }
            let error = #expect(throws: MartletError.self) { try tried["b"]?.get() }
            #expect(error?.code == .broker(.invalidPartitions))
            #expect(try await admin.describeTopic("a").partitions.count == 1)
            try await admin.createPartitions("a", count: 3)
            #expect(try await admin.describeTopic("a").partitions.count == 3)
            try await client.withProducer { producer in
                for partition in 0..<2 {
                    for _ in 0..<5 {
                        var record = ProducerRecord(topic: "a", value: "x")
                        record.partition = Int32(partition)
                        try await producer.send(record)
                    }
                }
            }
            let (first, second) = (TopicPartition("a", 0), TopicPartition("a", 1))
            let missing = TopicPartition("a", 9)
            let deleted = try await admin.deleteRecords([first: 3, second: nil, missing: 1])
            #expect(try deleted[first]?.get() == 3)
            #expect(try deleted[second]?.get() == 5)
            #expect(throws: MartletError.self) { try deleted[missing]?.get() }
            #expect(try await admin.offset(of: first, .beginning).offset == 3)
            #expect(try await admin.offset(of: first, .beginningLocal).offset == 3)
            #expect(try await admin.offset(of: first, .endTiered).offset == nil)
        }
    }

    @Test("quotas are set, found by filters, and removed")
    func quotas() async throws {
        try await Self.withClient { client in
            let admin = client.admin
            let both = QuotaEntity(user: .named("alice"), clientID: .default)
            let set = try await admin.alterClientQuotas([
                .user("alice"): [.producerByteRate: 1_000, .consumerByteRate: 2_000],
                both: [.requestPercentage: 50],
            ])
            for result in set.values { try result.get() }
            let all = try await admin.describeClientQuotas()
            #expect(all[.user("alice")] == [.producerByteRate: 1_000, .consumerByteRate: 2_000])
            #expect(all[both] == [.requestPercentage: 50])
            let strict = try await admin.describeClientQuotas(
                QuotaFilter(user: .named("alice"), isStrict: true))
            #expect(strict.keys.map(\.self) == [.user("alice")])
            let tried = try await admin.alterClientQuotas(
                [both: [.requestPercentage: nil]], validateOnly: true)
            try tried[both]?.get()
            #expect(try await admin.describeClientQuotas()[both] != nil)
            try await admin.alterClientQuotas([both: [.requestPercentage: nil]])[both]?.get()
            #expect(try await admin.describeClientQuotas()[both] == nil)
        }
    }

    @Test("features are described, and one that the broker will not move is an error")
    func features() async throws {
        try await Self.withClient { client in
            let features = try await client.admin.describeFeatures()
            #expect(features.finalized["transaction.version"]?.upperBound == 2)
            #expect(features.supported["transaction.version"]?.contains(1) == true)
            try await client.admin.updateFeatures(
                ["transaction.version": FeatureUpdate(level: 1, direction: .safeDowngrade)],
                validateOnly: true)
            #expect(
                try await client.admin.describeFeatures().finalized["transaction.version"]?.upperBound == 2)
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.updateFeatures(["group.version": FeatureUpdate(level: 9)])
            }
            #expect(error?.code.brokerError != nil)
        }
    }

    @Test("leaders, moves and directories of a single broker answer for each partition")
    func partitionsOfOneBroker() async throws {
        try await Self.withClient { client in
            let admin = client.admin
            try await admin.createTopic("a", partitions: 2)
            let partition = TopicPartition("a", 0)
            let elected = try await admin.electLeaders(of: [partition])
            let error = #expect(throws: MartletError.self) { try elected[partition]?.get() }
            #expect(error?.code == .broker(.electionNotNeeded))
            #expect(try await admin.listPartitionReassignments().isEmpty)
            let cluster = try await admin.describeCluster(
                includesFenced: true, includesAuthorizedOperations: true)
            #expect(cluster.authorizedOperations?.contains(.alter) == true)
            let broker = try #require(cluster.brokers.first { !$0.isFenced }?.id)
            let replica = PartitionReplica(partition, on: broker)
            let place = try #require(try await admin.describeReplicaLogDirectories([replica])[replica]?.get())
            let path = try #require(place.path)
            #expect(place.futurePath == nil)
            #expect(try await admin.logDirectories().first?.sizes.keys.contains(partition) == true)
            try await admin.alterReplicaLogDirectories([replica: path])[replica]?.get()
            let refused = try await admin.alterReplicaLogDirectories([replica: "/nowhere"])
            let moved = #expect(throws: MartletError.self) { try refused[replica]?.get() }
            #expect(moved?.code == .broker(.logDirNotFound))
        }
    }

    @Test("configuration resources are listed by their kind")
    func configResources() async throws {
        try await Self.withClient { client in
            let admin = client.admin
            try await admin.createTopic("a")
            try await admin.alterConfigs(of: .clientMetrics("m"), ["interval.ms": .set("1000")])
            try await admin.alterConfigs(of: .group("g"), ["share.auto.offset.reset": .set("earliest")])
            let resources = try await admin.listConfigResources([.topic, .group])
            #expect(Set(resources) == [.topic("a"), .group("g")])
            #expect(try await admin.listClientMetricsResources() == ["m"])
            try await admin.alterConfigs(of: .topic("a"), ["cleanup.policy": .append("compact")])
            let policy = try await admin.describeConfigs(of: .topic("a"), keys: ["cleanup.policy"])
            #expect(policy.first?.value == "delete,compact")
            try await admin.alterConfigs(of: .topic("a"), ["cleanup.policy": .subtract("delete")])
            let left = try await admin.describeConfigs(of: .topic("a"), keys: ["cleanup.policy"])
            #expect(left.first?.value == "compact")
        }
    }

    @Test("members are taken out of a group, one that is not there is an error of its own")
    func groupMembers() async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("a")
            var configuration = GroupConsumerConfiguration(group: "g", topics: "a")
            configuration.groupProtocol = .classic
            configuration.heartbeatInterval = .milliseconds(100)
            configuration.instance = "one"
            try await client.withGroupConsumer(configuration) { consumer in
                while consumer.assignment.isEmpty { _ = try await consumer.poll(within: .milliseconds(50)) }
                let results = try await client.admin.removeMembers(
                    of: "g", [.instance("one"), .member("nobody")], reason: "moved")
                #expect(throws: Never.self) { try results[.instance("one")]?.get() }
                let error = #expect(throws: MartletError.self) { try results[.member("nobody")]?.get() }
                #expect(error?.code == .broker(.unknownMemberID))
            }
        }
    }
}
