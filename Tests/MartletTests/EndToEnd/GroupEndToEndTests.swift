import MartletCore
import MartletRecords
import MartletTesting
import MartletWire
import Testing

@testable import Martlet

@Suite("Group consumers against a broker", .timeLimit(.minutes(2)))
struct GroupEndToEndTests {
    /// Quick to rebalance.
    private static let settings = [
        "group.initial.rebalance.delay.ms": "0", "group.consumer.heartbeat.interval.ms": "100",
        "group.consumer.min.heartbeat.interval.ms": "100",
    ]

    static func withClient(_ body: (MartletClient) async throws -> Void) async throws {
        try await withBroker(settings: settings) { broker in
            var configuration = ClientConfiguration(bootstrapServers: [broker.address])
            configuration.retry.initialBackoff = .milliseconds(10)
            try await MartletClient.with(configuration, body)
        }
    }

    static func member(
        _ groupProtocol: GroupProtocol, _ topics: TopicName..., group: GroupID = "g"
    ) -> GroupConsumerConfiguration {
        var configuration = GroupConsumerConfiguration(group: group, subscription: .topics(topics))
        configuration.groupProtocol = groupProtocol
        configuration.heartbeatInterval = .milliseconds(100)
        configuration.reader.maximumWait = .milliseconds(50)
        return configuration
    }

    static func produce(_ range: Range<Int>, to topic: TopicName, _ client: MartletClient)
        async throws
    {
        try await client.withProducer { producer in
            _ = try await producer.send(
                contentsOf: range.map {
                    ProducerRecord(topic: topic, key: Bytes("\($0)"), value: Bytes("\($0)"))
                })
        }
    }

    /// Reads until so many different values have come.
    static func read(_ count: Int, _ consumer: GroupConsumer) async throws -> [String] {
        var values: [String] = []
        while Set(values).count < count {
            guard let batch = try await consumer.poll(within: .seconds(20)) else {
                Issue.record("only \(values.count) of \(count) records came")
                break
            }
            values += batch.map { $0.value.map(String.init(decoding:)) ?? "" }
        }
        return values
    }

    @Test(
        "a member reads all, and after a restart goes on where it left off", arguments: GroupProtocol.allCases
    )
    func restart(groupProtocol: GroupProtocol) async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("t", partitions: 3)
            try await Self.produce(0..<100, to: "t", client)
            let configuration = Self.member(groupProtocol, "t")
            try await client.withGroupConsumer(configuration) { consumer in
                let values = try await Self.read(100, consumer)
                #expect(values.count == 100 && consumer.assignment.count == 3)
            }
            let lag = try await client.admin.groupLag(of: "g")
            #expect(lag.total == 0 && lag.partitions.count == 3 && lag.group.members.isEmpty)
            try await Self.produce(100..<110, to: "t", client)
            #expect(try await client.admin.groupLag(of: "g").total == 10)
            try await client.withGroupConsumer(configuration) { consumer in
                let values = try await Self.read(10, consumer)
                #expect(Set(values) == Set((100..<110).map { "\($0)" }) && values.count == 10)
            }
        }
    }

    @Test(
        "members share the partitions, and those that stay take over from the one that leaves",
        arguments: GroupProtocol.allCases)
    func sharing(groupProtocol: GroupProtocol) async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("t", partitions: 4)
            let configuration = Self.member(groupProtocol, "t")
            try await client.withGroupConsumer(configuration) { first in
                try await Self.until("the first has all") { try await Self.idle(first).count == 4 }
                try await client.withGroupConsumer(configuration) { second in
                    try await Self.until("each has two") {
                        let parts = (try await Self.idle(first), try await Self.idle(second))
                        return parts.0.count == 2 && parts.1.count == 2 && Set(parts.0 + parts.1).count == 4
                    }
                    let group = try await client.admin.describeGroup("g")
                    #expect(group.members.count == 2 && group.state == .stable)
                    #expect(group.type.rawValue == groupProtocol.rawValue)
                    #expect(group.members.flatMap(\.assignment).count == 4)
                }
                try await Self.until("the first has all again") { try await Self.idle(first).count == 4 }
            }
        }
    }

    /// Polls, as a user would, without expecting anything.
    static func idle(_ consumer: GroupConsumer) async throws -> [TopicPartition] {
        _ = try await consumer.poll(within: .milliseconds(20))
        return consumer.assignment
    }

    static func until(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try await !condition() {
            guard ContinuousClock.now < deadline else {
                Issue.record("this did not come about: \(what)")
                return
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    @Test("cooperative members keep what they keep while the group rebalances")
    func cooperative() async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("t", partitions: 6)
            var configuration = Self.member(.classic, "t")
            configuration.classicAssignors = [.cooperativeSticky]
            try await client.withGroupConsumer(configuration) { [configuration] first in
                try await Self.until("the first has all") { try await Self.idle(first).count == 6 }
                try await client.withGroupConsumer(configuration) { second in
                    try await Self.until("each has three") {
                        let kept = try await Self.idle(first)
                        #expect(kept.count >= 3, "what stays is never given up")
                        return try await Self.idle(second).count == 3 && kept.count == 3
                    }
                }
            }
        }
    }

    @Test("what is not done when the user fails comes again", arguments: GroupProtocol.allCases)
    func failure(groupProtocol: GroupProtocol) async throws {
        struct Failure: Error {}
        try await Self.withClient { client in
            try await client.admin.createTopic("t")
            try await Self.produce(0..<10, to: "t", client)
            let configuration = Self.member(groupProtocol, "t")
            await #expect(throws: Failure.self) {
                try await client.withGroupConsumer(configuration) { consumer in
                    for try await record in consumer.records where record.offset == 6 {
                        throw Failure()
                    }
                }
            }
            #expect(try await client.admin.groupOffsets(of: "g")[TopicPartition("t", 0)]?.offset == 6)
        }
    }

    @Test("with explicit completion only what was finished is stored", arguments: GroupProtocol.allCases)
    func explicit(groupProtocol: GroupProtocol) async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("t")
            try await Self.produce(0..<10, to: "t", client)
            var configuration = Self.member(groupProtocol, "t")
            configuration.completion = .explicit
            let partition = TopicPartition("t", 0)
            try await client.withGroupConsumer(configuration) { consumer in
                _ = try await Self.read(10, consumer)
                consumer.finish(partition, before: 4)
                try await consumer.commit()
                #expect(try await consumer.committed([partition])[partition]?.offset == 4)
                consumer.finish(partition, before: 7)
            }
            #expect(try await client.admin.groupOffsets(of: "g")[partition]?.offset == 7)
        }
    }

    @Test("a member that was thrown out comes back and reads on", arguments: GroupProtocol.allCases)
    func fenced(groupProtocol: GroupProtocol) async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("t", partitions: 2)
            try await client.withGroupConsumer(Self.member(groupProtocol, "t")) { consumer in
                try await Self.produce(0..<5, to: "t", client)
                _ = try await Self.read(5, consumer)
                try await consumer.commit()
                // Says goodbye in the name of the member.
                await Farewell(consumer).send()
                try await Self.produce(5..<10, to: "t", client)
                let values = try await Self.read(5, consumer)
                #expect(Set(values).isSuperset(of: (5..<10).map { "\($0)" }))
            }
        }
    }

    @Test("a pattern takes in topics that come later", arguments: GroupProtocol.allCases)
    func pattern(groupProtocol: GroupProtocol) async throws {
        try await Self.withClient { client in
            try await client.admin.createTopic("orders-a")
            try await client.admin.createTopic("payments")
            var configuration = Self.member(groupProtocol, "x")
            configuration.subscription = .pattern("orders-.*")
            try await client.withGroupConsumer(configuration) { consumer in
                try await Self.until("the first topic is there") {
                    try await Self.idle(consumer) == [TopicPartition("orders-a", 0)]
                }
                guard groupProtocol == .consumer else { return }
                try await client.admin.createTopic("orders-b")
                try await Self.until("the second topic is there") { try await Self.idle(consumer).count == 2 }
            }
        }
    }

    @Test("groups are listed, described, reset and deleted; not while they have members")
    func administration() async throws {
        try await Self.withClient { client in
            let admin = client.admin
            try await admin.createTopic("t", partitions: 2)
            try await Self.produce(0..<20, to: "t", client)
            let partition = TopicPartition("t", 1)
            try await client.withGroupConsumer(Self.member(.consumer, "t")) { consumer in
                _ = try await Self.read(20, consumer)
                #expect(try await admin.listGroups().map(\.id) == ["g"])
                #expect(try await admin.listGroups(types: [.consumer]).count == 1)
                #expect(try await admin.listGroups(types: [.classic]).isEmpty)
                let lag = try await admin.groupLag(of: "g")
                #expect(lag.partitions.allSatisfy { $0.member?.clientID == "martlet" })
                let refusal = await #expect(throws: MartletError.self) {
                    try await admin.alterGroupOffsets(of: "g", [partition: GroupOffset(0)])
                }
                #expect(refusal?.code == .broker(.nonEmptyGroup))
                await #expect(throws: MartletError.self) { try await admin.deleteGroup("g") }
            }
            #expect(try await admin.listGroups(states: [.empty]).map(\.id) == ["g"])
            try await admin.alterGroupOffsets(of: "g", [partition: GroupOffset(3, metadata: "by hand")])
                .values.forEach { try $0.get() }
            #expect(try await admin.groupOffsets(of: "g")[partition] == GroupOffset(3, metadata: "by hand"))
            try await admin.deleteGroupOffsets(of: "g", [partition]).values.forEach { try $0.get() }
            #expect(try await admin.groupOffsets(of: "g")[partition] == nil)
            try await admin.deleteGroup("g")
            #expect(try await admin.listGroups().isEmpty)
            let gone = await #expect(throws: MartletError.self) { try await admin.describeGroup("g") }
            #expect(gone?.code == .broker(.groupIDNotFound))
        }
    }
}
