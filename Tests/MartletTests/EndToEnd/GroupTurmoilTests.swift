import MartletCore
import MartletRecords
import MartletTesting
import Synchronization
import Testing

@testable import Martlet

@Suite("Groups whose members come and go", .timeLimit(.minutes(3)))
struct GroupTurmoilTests {
    private struct Crash: Error {}

    private static let partitions: Int32 = 5
    private static let recordCount = 3_000

    private static func member(_ groupProtocol: GroupProtocol, _ assignors: [ClassicAssignor])
        -> GroupConsumerConfiguration
    {
        var configuration = GroupConsumerConfiguration(group: "g", topics: "t")
        configuration.groupProtocol = groupProtocol
        configuration.classicAssignors = assignors
        configuration.heartbeatInterval = .milliseconds(50)
        configuration.autoCommitInterval = .milliseconds(100)
        configuration.reader.maximumWait = .milliseconds(20)
        configuration.reader.maximumPartitionFetchBytes = 2_000
        return configuration
    }

    /// A member that works for a while and then closes or fails, again and again. `done` gets what it has
    /// said to be done: exactly that may be left out by whoever comes next.
    private static func live(
        _ client: MartletClient, _ configuration: GroupConsumerConfiguration, seed: UInt64,
        until deadline: ContinuousClock.Instant, done: @escaping @Sendable ([String]) -> Void
    ) async throws {
        var random = SeededGenerator(seed: seed)
        while ContinuousClock.now < deadline {
            let polls = Int.random(in: 1...40, using: &random)
            let crashes = Bool.random(using: &random)
            do {
                try await client.withGroupConsumer(configuration) { consumer in
                    var held: [String] = []
                    for _ in 0..<polls where ContinuousClock.now < deadline {
                        let batch = try await consumer.poll(within: .milliseconds(50))
                        // What was handed out before is done with the poll.
                        done(held)
                        held = batch.map { $0.map { $0.value.map(String.init(decoding:)) ?? "" } } ?? []
                    }
                    if crashes { throw Crash() }
                    done(held)
                }
            } catch is Crash {}
        }
    }

    @Test(
        "every record is done by somebody",
        arguments: [
            (GroupProtocol.consumer, [ClassicAssignor.range], 1), (.consumer, [.range], 2),
            (.classic, [.range], 3),
            (.classic, [.cooperativeSticky], 4),
        ] as [(GroupProtocol, [ClassicAssignor], UInt64)])
    func everyRecord(groupProtocol: GroupProtocol, assignors: [ClassicAssignor], seed: UInt64) async throws {
        let settings = [
            "group.initial.rebalance.delay.ms": "0", "group.consumer.heartbeat.interval.ms": "50",
            "group.consumer.min.heartbeat.interval.ms": "50",
        ]
        try await withBroker(settings: settings) { broker in
            var configuration = ClientConfiguration(bootstrapServers: [broker.address])
            configuration.retry.initialBackoff = .milliseconds(10)
            try await MartletClient.with(configuration) { client in
                try await client.admin.createTopic("t", partitions: Self.partitions)
                let finished = Mutex<Set<String>>([])
                let done: @Sendable ([String]) -> Void = { values in
                    finished.withLock { $0.formUnion(values) }
                }
                let member = Self.member(groupProtocol, assignors)
                let deadline = ContinuousClock.now + .seconds(6)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<4 {
                        group.addTask {
                            try await Self.live(
                                client, member, seed: seed * 100 + UInt64(index), until: deadline, done: done)
                        }
                    }
                    group.addTask {
                        try await client.withProducer { producer in
                            for index in 0..<Self.recordCount {
                                try await producer.enqueue(
                                    ProducerRecord(
                                        topic: "t", key: Bytes("\(index)"), value: Bytes("\(index)")))
                                if index % 100 == 0 { try await Task.sleep(for: .milliseconds(100)) }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                // The rest, by one who stays.
                try await client.withGroupConsumer(member) { consumer in
                    // However long the group takes to notice that all others have gone.
                    let limit = ContinuousClock.now + .seconds(60)
                    while ContinuousClock.now < limit {
                        if let batch = try await consumer.poll(within: .seconds(1)) {
                            done(batch.map { $0.value.map(String.init(decoding:)) ?? "" })
                        } else if finished.withLock({ $0.count }) == Self.recordCount,
                            consumer.assignment.count == Int(Self.partitions)
                        {
                            break
                        }
                    }
                    #expect(consumer.assignment.count == Int(Self.partitions))
                }
                let all = Set((0..<Self.recordCount).map { "\($0)" })
                let missing = all.subtracting(finished.withLock { $0 }).sorted()
                let lost = missing.count
                #expect(lost == 0, "seed \(seed): lost records, for instance \(missing.prefix(5))")
                #expect(try await client.admin.groupLag(of: "g").total == 0)
            }
        }
    }
}
