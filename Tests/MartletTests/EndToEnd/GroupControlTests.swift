import MartletCore
import MartletRecords
import MartletTesting
import Synchronization
import Testing

@testable import Martlet

@Suite("What the user of a group consumer can steer", .timeLimit(.minutes(2)))
struct GroupControlTests {
    private static let first = TopicPartition("t", 0)

    @Test(
        "eager members of every assignor share the partitions",
        arguments: [
            [ClassicAssignor.roundRobin], [.sticky], [.sticky, .range], [.custom(Everything())],
        ])
    func assignors(assignors: [ClassicAssignor]) async throws {
        try await GroupEndToEndTests.withClient { client in
            try await client.admin.createTopic("t", partitions: 4)
            try await GroupEndToEndTests.produce(0..<40, to: "t", client)
            var configuration = GroupEndToEndTests.member(.classic, "t")
            configuration.classicAssignors = assignors
            try await client.withGroupConsumer(configuration) { [configuration] first in
                try await GroupEndToEndTests.until("the first has all") {
                    try await GroupEndToEndTests.idle(first).count == 4
                }
                try await client.withGroupConsumer(configuration) { second in
                    try await GroupEndToEndTests.until("all partitions have an owner") {
                        let parts = (
                            try await GroupEndToEndTests.idle(first),
                            try await GroupEndToEndTests.idle(second)
                        )
                        return Set(parts.0 + parts.1).count == 4 && parts.0.count + parts.1.count == 4
                    }
                    let group = try await client.admin.describeGroup("g")
                    #expect(group.assignor == assignors[0].name)
                }
            }
        }
    }

    /// All to the last one.
    private struct Everything: PartitionAssignor {
        let name = "everything"

        func divide(_ group: GroupSubscription) -> [MemberID: Set<TopicPartition>] {
            guard let last = group.members.last else { return [:] }
            return [last.id: Set(group.partitionCounts.keys.flatMap(group.partitions))]
        }
    }

    @Test("commits carry text and the leader's epoch; lag counts what is yet to come")
    func commits() async throws {
        try await GroupEndToEndTests.withClient { client in
            try await client.admin.createTopic("t")
            try await GroupEndToEndTests.produce(0..<10, to: "t", client)
            var configuration = GroupEndToEndTests.member(.consumer, "t")
            configuration.completion = .explicit
            try await client.withGroupConsumer(configuration) { consumer in
                #expect(consumer.lag(of: Self.first) == nil)
                var records: [ConsumerRecord] = []
                while records.count < 4, let record = try await consumer.nextRecord(within: .seconds(20)) {
                    records.append(record)
                }
                let third = try #require(records.dropFirst(2).first)
                consumer.finish(third)
                try await consumer.commit()
                let stored = try await consumer.committed([Self.first])[Self.first]
                #expect(stored?.offset == 3 && stored?.leaderEpoch != LeaderEpoch.none)
                try await consumer.commit([Self.first: GroupOffset(4, metadata: "half way")])
                #expect(try await consumer.committed([Self.first])[Self.first]?.metadata == "half way")
                consumer.commitSoon([Self.first: GroupOffset(2, metadata: "soon")])
                try await GroupEndToEndTests.until("the commit is there") {
                    try await consumer.committed([Self.first])[Self.first]
                        == GroupOffset(2, metadata: "soon")
                }
                #expect(consumer.lag(of: Self.first) != nil && consumer.lag >= 0)
            }
        }
    }

    @Test("a seek goes to the beginning, to the end, back by records or to an offset")
    func seeks() async throws {
        try await GroupEndToEndTests.withClient { client in
            try await client.admin.createTopic("t")
            try await GroupEndToEndTests.produce(0..<10, to: "t", client)
            try await client.withGroupConsumer(GroupEndToEndTests.member(.consumer, "t")) { consumer in
                _ = try await GroupEndToEndTests.read(10, consumer)
                for (position, expected) in [
                    (.beginning, 0), (.last(3), 7), (.offset(5), 5), (.ago(.seconds(3600)), 0), (.end, 10),
                ] as [(StartPosition, Offset)] {
                    #expect(try await consumer.seek([Self.first: position]) == [Self.first: expected])
                    #expect(consumer.position(of: Self.first) == expected)
                    guard expected < 10 else { continue }
                    let batch = try await consumer.poll(within: .seconds(20))
                    #expect(batch?.firstOffset == expected)
                }
                try await consumer.commit()
                #expect(try await consumer.committed([Self.first])[Self.first]?.offset == 10)
                #expect(try await consumer.seek([TopicPartition("u", 0): .end]).isEmpty)
            }
        }
    }

    @Test("a subscription can change while the member runs", arguments: GroupProtocol.allCases)
    func subscriptions(groupProtocol: GroupProtocol) async throws {
        try await GroupEndToEndTests.withClient { client in
            for topic in ["t", "u", "v-1"] as [TopicName] { try await client.admin.createTopic(topic) }
            let configuration = GroupEndToEndTests.member(groupProtocol, "t")
            try await client.withGroupConsumer(configuration) { consumer in
                for (subscription, expected) in [
                    (.topics(["t"]), ["t"]), (.topics(["t", "u"]), ["t", "u"]), (.topics(["u"]), ["u"]),
                    (.pattern("v-.*"), ["v-1"]), (.topics(["t"]), ["t"]),
                ] as [(Subscription, [TopicName])] {
                    try consumer.subscribe(to: subscription)
                    try await GroupEndToEndTests.until("the member reads \(expected)") {
                        try await GroupEndToEndTests.idle(consumer).map(\.topic) == expected
                    }
                }
                #expect(throws: MartletError.self) { try consumer.subscribe(to: .topics([])) }
            }
        }
    }

    @Test("a classic member can have the partitions divided anew")
    func enforced() async throws {
        try await GroupEndToEndTests.withClient { client in
            try await client.admin.createTopic("t")
            try await client.withGroupConsumer(GroupEndToEndTests.member(.classic, "t")) { consumer in
                try await GroupEndToEndTests.until("the member has it") {
                    try await !GroupEndToEndTests.idle(consumer).isEmpty
                }
                let before = consumer.membership.generation
                consumer.enforceRebalance()
                try await GroupEndToEndTests.until("there is a new generation") {
                    try await !GroupEndToEndTests.idle(consumer).isEmpty
                        && consumer.membership.generation > before
                }
            }
        }
    }

    @Test("a static member leaves for good only if it is told to", arguments: GroupProtocol.allCases)
    func departure(groupProtocol: GroupProtocol) async throws {
        try await GroupEndToEndTests.withClient { client in
            try await client.admin.createTopic("t")
            for (departure, remaining) in [(.standard, 1), (.leave, 0), (.stay, 1)] as [(Departure, Int)] {
                var configuration = GroupEndToEndTests.member(groupProtocol, "t")
                configuration.instance = "fixed"
                configuration.departure = departure
                try await client.withGroupConsumer(configuration) { consumer in
                    try await GroupEndToEndTests.until("the member has it") {
                        try await !GroupEndToEndTests.idle(consumer).isEmpty
                    }
                }
                let members = try await client.admin.describeGroup("g").members.count
                #expect(members == remaining, "\(departure)")
                // With the consumer protocol nobody can take the name of one that went without a word.
                if departure == .leave, groupProtocol == .consumer { break }
            }
        }
    }

    @Test(
        "members that are stopped at any moment of their joining leave nobody behind",
        arguments: 0..<4 as Range<UInt64>)
    func stops(seed: UInt64) async throws {
        try await GroupEndToEndTests.withClient { client in
            try await client.admin.createTopic("t", partitions: 3)
            var configuration = GroupEndToEndTests.member(seed % 2 == 0 ? .classic : .consumer, "t")
            configuration.classicAssignors = [seed < 2 ? .range : .cooperativeSticky]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<4 {
                    group.addTask { [configuration] in
                        var random = SeededGenerator(seed: seed * 10 + UInt64(index))
                        for _ in 0..<15 {
                            let life = Duration.microseconds(Int.random(in: 0...20_000, using: &random))
                            let run = Task {
                                try await client.withGroupConsumer(configuration) { consumer in
                                    while true { _ = try await consumer.poll(within: .milliseconds(5)) }
                                }
                            }
                            try await Task.sleep(for: life)
                            run.cancel()
                            _ = await run.result
                        }
                    }
                }
                try await group.waitForAll()
            }
            // Whoever was left behind would be waited for until its session is over, after 45 s.
            let start = ContinuousClock.now
            try await client.withGroupConsumer(configuration) { consumer in
                try await GroupEndToEndTests.until("seed \(seed): one member has all") {
                    try await GroupEndToEndTests.idle(consumer).count == 3
                }
            }
            #expect(ContinuousClock.now - start < .seconds(30), "seed \(seed)")
        }
    }

    @Test("a cancelled commit returns at once, and the member goes on")
    func cancelledCommit() async throws {
        try await GroupEndToEndTests.withClient { client in
            try await client.admin.createTopic("t")
            try await GroupEndToEndTests.produce(0..<10, to: "t", client)
            let consumer = try client.makeGroupConsumer(GroupEndToEndTests.member(.consumer, "t"))
            // Nobody runs the member yet, so that nobody answers the commit.
            let commit = Task { try await consumer.commit([Self.first: 1]) }
            try await GroupEndToEndTests.until("the commit waits") {
                consumer.state.withLock { !$0.commitWaiters.isEmpty }
            }
            commit.cancel()
            let refusal = await #expect(throws: MartletError.self) { try await commit.value }
            #expect(refusal?.code == .cancelled)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await consumer.run() }
                _ = try await GroupEndToEndTests.read(10, consumer)
                try await consumer.commit()
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(try await client.admin.groupOffsets(of: "g")[Self.first]?.offset == 10)
        }
    }
}
