import MartletBroker
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletBroker

@Suite("Settings of brokers, groups and client metrics are changed while the broker runs")
struct SettingsAdministrationTests {
    @Test("a changed default of the broker holds for its topics at once, and through a restart")
    func brokerDefault() async throws {
        try await withTemporaryDirectory { directory in
            try await withBroker(.directory(directory), settings: ["message.max.bytes": "5000"]) { broker in
                let peer = try await Peer.connect(to: broker)
                let topic = try await peer.createTopic("events")
                let large = [String(repeating: "x", count: 2000)]
                #expect(try await peer.produce(large, to: topic).errorCode == .none)
                try await peer.set(.broker, "", ["message.max.bytes": "1000"])
                #expect(try await peer.produce(large, to: topic).errorCode == .messageTooLarge)
                try await peer.set(.broker, "1", ["message.max.bytes": "3000"])
                #expect(try await peer.produce(large, to: topic).errorCode == .none)
                let own = try #require(try await peer.describe(.broker, "1")["message.max.bytes"])
                #expect(own.value == "3000" && own.source == .dynamicBroker && !own.isReadOnly)
                #expect(own.synonyms.map(\.value) == ["3000", "1000", "5000", "1048588"])
                #expect(
                    own.synonyms.map(\.source) == [
                        .dynamicBroker, .dynamicDefaultBroker, .staticBroker, .default,
                    ])
                let inherited = try #require(try await peer.describe(.topic, "events")["max.message.bytes"])
                #expect(inherited.value == "3000" && inherited.source == .dynamicBroker)
                #expect(inherited.synonyms.first?.name == "message.max.bytes")
                #expect(try await peer.describe(.broker, "").keys.sorted() == ["message.max.bytes"])
            }
            try await withBroker(.directory(directory)) { broker in
                let peer = try await Peer.connect(to: broker)
                #expect(try await peer.describe(.topic, "events")["max.message.bytes"]?.value == "3000")
                try await peer.change(.broker, "1", [("message.max.bytes", .delete, nil)])
                #expect(try await peer.describe(.topic, "events")["max.message.bytes"]?.value == "1000")
            }
        }
    }

    @Test("what needs a restart is refused by name, and so is another broker")
    func readOnly() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            for name in ["node.id", "num.io.threads", "no.such.key"] {
                let answer = try await peer.change(.broker, "1", [(name, .set, "2")])
                #expect(answer.errorCode == .invalidConfig)
                #expect(answer.errorMessage?.contains(name) == true)
            }
            #expect(try await peer.describe(.broker, "1")["node.id"]?.isReadOnly == true)
            let other = try await peer.change(.broker, "2", [("message.max.bytes", .set, "2")])
            #expect(other.errorCode == .invalidRequest)
            let logger = try await peer.change(.brokerLogger, "1", [("root", .set, "DEBUG")])
            #expect(logger.errorCode == .invalidRequest)
            #expect(try await peer.describe(.brokerLogger, "1")["root"] != nil)
        }
    }

    @Test("a group's settings are checked against the broker's limits and each other")
    func group() async throws {
        try await withBroker(settings: ["group.consumer.min.session.timeout.ms": "10000"]) { broker in
            let peer = try await Peer.connect(to: broker)
            func code(_ name: String, _ value: String) async throws -> ErrorCode {
                try await peer.change(.group, "workers", [(name, .set, value)]).errorCode
            }
            #expect(try await code("consumer.session.timeout.ms", "9999") == .invalidConfig)
            #expect(try await code("consumer.session.timeout.ms", "60001") == .invalidConfig)
            #expect(try await code("share.delivery.count.limit", "11") == .invalidConfig)
            #expect(try await code("share.auto.offset.reset", "middle") == .invalidConfig)
            #expect(try await code("share.auto.offset.reset", "by_duration:PT1H30M") == .none)
            #expect(try await code("martlet.share.dead.letter.topic", "__consumer_offsets") == .invalidConfig)
            #expect(try await code("retention.ms", "1") == .invalidConfig)
            #expect(try await code("consumer.session.timeout.ms", "12000") == .none)
            #expect(try await code("consumer.heartbeat.interval.ms", "12000") == .invalidConfig)
            let described = try await peer.describe(.group, "workers")
            #expect(described.count == GroupConfigKeys.all.count)
            #expect(described["consumer.session.timeout.ms"]?.value == "12000")
            #expect(described["consumer.session.timeout.ms"]?.source == .group)
            #expect(described["share.record.lock.duration.ms"]?.source == .default)
            #expect(
                try await peer.change(.group, "", [("share.delivery.count.limit", .set, "3")]).errorCode
                    == .invalidRequest)
        }
    }

    @Test("every resource with settings is listed; version 0 knows of client metrics alone")
    func list() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            _ = try await peer.createTopic("events")
            try await peer.set(.group, "workers", ["share.delivery.count.limit": "3"])
            try await peer.set(.clientMetrics, "all", ["metrics": "*", "interval.ms": "1000"])
            var request = ListConfigResourcesRequest()
            let old = try await peer.send(request, version: 0)
            #expect(old.resources.map(\.name) == ["all"])
            let all = try await peer.send(request).resources
            #expect(all.map(\.name) == ["events", "1", "1", "all", "workers"])
            request.resourceTypes = [.group]
            #expect(try await peer.send(request).resources.map(\.name) == ["workers"])
            try await peer.change(.group, "workers", [("share.delivery.count.limit", .delete, nil)])
            #expect(try await peer.send(request).resources.isEmpty)
            request.resourceTypes = [ConfigResourceType(rawValue: 77)]
            #expect(try await peer.send(request).errorCode == .unsupportedVersion)
        }
    }

    @Test("additions to a list by many clients at once all count")
    func appendsAddUp() async throws {
        try await withBroker { broker in
            let names = (0..<20).map { "metric.\($0)" }
            try await withThrowingTaskGroup { group in
                for name in names {
                    group.addTask {
                        let peer = try await Peer.connect(to: broker)
                        try await peer.change(.clientMetrics, "all", [("metrics", .append, name)])
                    }
                }
                try await group.waitForAll()
            }
            let peer = try await Peer.connect(to: broker)
            let value = try await peer.describe(.clientMetrics, "all")["metrics"]?.value ?? ""
            #expect(value.split(separator: ",").map { String($0) }.sorted() == names.sorted())
            try await peer.change(.clientMetrics, "all", [("metrics", .subtract, "metric.3, metric.4")])
            let left = try await peer.describe(.clientMetrics, "all")["metrics"]?.value ?? ""
            #expect(left.split(separator: ",").count == 18)
        }
    }

    @Test("a limit on connections is kept from the moment it is set")
    func connections() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            try await peer.set(.broker, "", ["max.connections": "1"])
            await #expect(throws: (any Error).self) {
                try await Peer.connect(to: broker).send(DescribeClusterRequest())
            }
            try await peer.change(.broker, "", [("max.connections", .delete, nil)])
            #expect(try await Peer.connect(to: broker).send(DescribeClusterRequest()).errorCode == .none)
        }
    }

    @Test("a request cannot ask for the settings of any number of groups that may not be there")
    func manyGroups() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let request = DescribeConfigsRequest {
                $0.resources = (0...1_000).map { number in
                    DescribeConfigsRequest.Resource {
                        $0.type = .group
                        $0.name = "group-\(number)"
                    }
                }
            }
            let answers = try await peer.send(request).resources
            #expect(answers.count == 1_001)
            #expect(answers.prefix(1_000).allSatisfy { $0.errorCode == .none })
            #expect(answers.last?.errorCode == .invalidRequest)
        }
    }

    @Test("a value that is too long is refused, and a dry run changes nothing")
    func limits() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let long = String(repeating: "m", count: SettingRules.maximumValueByteCount)
            try await peer.set(.clientMetrics, "all", ["metrics": long])
            let refused = try await peer.change(.clientMetrics, "all", [("metrics", .append, "n")])
            #expect(refused.errorCode == .invalidConfig)
            let name = String(repeating: "g", count: SettingRules.maximumNameByteCount + 1)
            let group = try await peer.change(.group, name, [("share.delivery.count.limit", .set, "3")])
            #expect(group.errorCode == .invalidRequest)
            try await peer.change(
                .group, "workers", [("share.delivery.count.limit", .set, "3")], validateOnly: true)
            #expect(try await peer.describe(.group, "workers")["share.delivery.count.limit"]?.value == "5")
        }
    }

    @Test("AlterConfigs takes back what it does not name")
    func replace() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            try await peer.set(.group, "workers", ["share.delivery.count.limit": "3"])
            let request = AlterConfigsRequest {
                $0.resources = [
                    AlterConfigsRequest.Resource {
                        $0.type = .group
                        $0.name = "workers"
                        $0.configs = [
                            AlterConfigsRequest.Config {
                                $0.name = "share.isolation.level"
                                $0.value = "read_committed"
                            }
                        ]
                    }
                ]
            }
            #expect(try await peer.send(request).resources.map(\.errorCode) == [.none])
            let described = try await peer.describe(.group, "workers")
            #expect(described["share.delivery.count.limit"]?.value == "5")
            #expect(described["share.isolation.level"]?.value == "read_committed")
        }
    }
}

@Suite("Topics of the broker itself are safe from clients")
struct InternalTopicTests {
    @Test("a client can neither write to them, nor delete them, nor give them partitions")
    func protected() async throws {
        try await withBroker(settings: ["offsets.topic.num.partitions": "2"]) { broker in
            let peer = try await Peer.connect(to: broker)
            // By the way in which a client that asks for it first has it created.
            let found = try await peer.metadata(["__consumer_offsets"])
            #expect(found[0].isInternal && found[0].partitions.count == 2)
            #expect(
                try await peer.describe(.topic, "__consumer_offsets")["cleanup.policy"]?.value == "compact")
            let topic = CreateTopicsResponse.Topic {
                $0.name = "__consumer_offsets"
                $0.id = found[0].id
            }
            #expect(try await peer.produce(["x"], to: topic).errorCode == .invalidTopicException)
            let deletion = DeleteTopicsRequest {
                $0.topics = [DeleteTopicsRequest.Topic { $0.name = "__consumer_offsets" }]
            }
            #expect(try await peer.send(deletion).topics[0].errorCode == .invalidRequest)
            let more = CreatePartitionsRequest {
                $0.topics = [
                    CreatePartitionsRequest.Topic {
                        $0.name = "__consumer_offsets"
                        $0.partitionCount = 9
                    }
                ]
            }
            #expect(try await peer.send(more).topics[0].errorCode == .invalidRequest)
        }
    }

    @Test("whoever asks is told that all is allowed")
    func authorizedOperations() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            _ = try await peer.createTopic("events")
            var request = MetadataRequest()
            request.topics = nil
            #expect(try await peer.send(request).topics[0].authorizedOperations == .notRequested)
            request.includeTopicAuthorizedOperations = true
            #expect(try await peer.send(request).topics[0].authorizedOperations.contains(.alterConfigs))
            let cluster = DescribeClusterRequest { $0.includeAuthorizedOperations = true }
            #expect(try await peer.send(cluster).authorizedOperations.contains(.create))
        }
    }
}

extension Peer {
    typealias Change = (name: String, operation: AlterConfigOperation, value: String?)

    @discardableResult
    func change(
        _ type: ConfigResourceType, _ name: String, _ changes: [Change], validateOnly: Bool = false
    ) async throws -> IncrementalAlterConfigsResponse.Resource {
        let request = IncrementalAlterConfigsRequest {
            $0.validateOnly = validateOnly
            $0.resources = [
                IncrementalAlterConfigsRequest.Resource {
                    $0.type = type
                    $0.name = name
                    $0.configs = changes.map { change in
                        IncrementalAlterConfigsRequest.Config {
                            $0.name = change.name
                            $0.operation = change.operation
                            $0.value = change.value
                        }
                    }
                }
            ]
        }
        return try await send(request).resources[0]
    }

    /// Sets these, and expects that they are taken.
    func set(_ type: ConfigResourceType, _ name: String, _ settings: [String: String]) async throws {
        let changes: [Change] = settings.map { ($0.key, .set, $0.value) }
        let answer = try await change(type, name, changes)
        #expect(answer.errorCode == .none, "\(answer.errorMessage ?? "")")
    }

    func describe(
        _ type: ConfigResourceType, _ name: String
    ) async throws -> [String: DescribeConfigsResponse.Config] {
        let request = DescribeConfigsRequest {
            $0.includeSynonyms = true
            $0.resources = [
                DescribeConfigsRequest.Resource {
                    $0.type = type
                    $0.name = name
                }
            ]
        }
        let answer = try await send(request).resources[0]
        #expect(answer.errorCode == .none, "\(answer.errorMessage ?? "")")
        return Dictionary(uniqueKeysWithValues: answer.configs.map { ($0.name, $0) })
    }
}
