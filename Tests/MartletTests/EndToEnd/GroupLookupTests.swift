import MartletCore
import MartletTesting
import Testing

@testable import Martlet

@Suite("Members that wait to hear where to begin", .timeLimit(.minutes(2)))
struct GroupLookupTests {
    private static let settings = [
        "group.initial.rebalance.delay.ms": "0", "group.min.session.timeout.ms": "3000",
        "group.consumer.min.session.timeout.ms": "3000", "group.consumer.session.timeout.ms": "3000",
        "group.consumer.heartbeat.interval.ms": "100", "group.consumer.min.heartbeat.interval.ms": "100",
    ]

    @Test(
        "a member stays in its group while a transaction keeps it from hearing where to begin",
        arguments: GroupProtocol.allCases)
    func longLookup(groupProtocol: GroupProtocol) async throws {
        try await withBroker(settings: Self.settings) { broker in
            try await MartletClient.with(ClientConfiguration(bootstrapServers: [broker.address])) { client in
                try await client.admin.createTopic("t")
                try await GroupEndToEndTests.produce(0..<10, to: "t", client)
                var transactional = ProducerConfiguration()
                transactional.transactionalID = "holds-offsets"
                try await client.withProducer(transactional) { producer in
                    try await producer.initTransactions()
                    try producer.beginTransaction()
                    try await producer.sendOffsets(
                        [TopicPartition("t", 0): 4], of: GroupMembership(group: "g"))
                    var configuration = GroupEndToEndTests.member(groupProtocol, "t")
                    configuration.sessionTimeout = .seconds(3)
                    configuration.autoCommitInterval = nil
                    try await client.withGroupConsumer(configuration) { consumer in
                        try await GroupEndToEndTests.until("the member is in") {
                            consumer.membership.generation > GenerationID(rawValue: 0)
                        }
                        let membership = consumer.membership
                        // Twice as long as the group waits for a silent member.
                        try await Task.sleep(for: .seconds(6))
                        #expect(consumer.assignment.isEmpty, "nobody knows yet where to begin")
                        try await producer.commitTransaction()
                        let batch = try await consumer.poll(within: .seconds(30))
                        #expect(batch?.firstOffset == 4)
                        #expect(consumer.membership == membership, "it was never out of its group")
                    }
                }
            }
        }
    }
}
