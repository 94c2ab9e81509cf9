import MartletCore
import MartletTesting
import MartletTransport
import Testing

@testable import Martlet

@Suite("What is closed leaves nothing behind", .timeLimit(.minutes(2)))
struct LeakTests {
    /// Objects that must be gone.
    private struct Remains {
        weak var client: MartletClient?
        weak var pool: ConnectionPool?
        weak var producer: Producer?
        weak var core: ProducerCore?
        weak var consumer: Consumer?
        weak var member: GroupConsumer?
        weak var sharer: ShareConsumer?

        var names: [String] {
            let all: [(String, AnyObject?)] = [
                ("client", client), ("pool", pool), ("producer", producer), ("its core", core),
                ("consumer", consumer), ("member", member), ("share consumer", sharer),
            ]
            return all.filter { $0.1 != nil }.map(\.0)
        }
    }

    private static func live(
        _ configuration: ClientConfiguration, remains: inout Remains, endsBadly: Bool
    ) async throws {
        struct Trouble: Error {}
        let client = try MartletClient(configuration)
        defer { client.close() }
        remains.client = client
        remains.pool = client.pool
        do {
            remains = try await client.withProducer { [remains] producer in
                var remains = remains
                remains.producer = producer
                remains.core = producer.core
                try await producer.send(ProducerRecord(topic: "t", value: "x"))
                if endsBadly { throw Trouble() }
                return remains
            }
        } catch is Trouble {}
        remains = try await client.withConsumer { [remains] consumer in
            var remains = remains
            remains.consumer = consumer
            try await consumer.assign(topic: "t", from: .beginning)
            _ = try await consumer.poll()
            return remains
        }
        for groupProtocol in GroupProtocol.allCases {
            var member = GroupConsumerConfiguration(group: GroupID("g-\(groupProtocol)"), topics: "t")
            member.groupProtocol = groupProtocol
            remains = try await client.withGroupConsumer(member) { [remains] consumer in
                var remains = remains
                remains.member = consumer
                _ = try await consumer.poll()
                return remains
            }
        }
        let share = ShareConsumerConfiguration(group: "s", topics: ["t"])
        remains = try await client.withShareConsumer(share) { [remains] consumer in
            var remains = remains
            remains.sharer = consumer
            _ = try await consumer.poll(within: .milliseconds(100))
            return remains
        }
    }

    @Test("objects and connections are gone after each life", arguments: [false, true])
    func objects(endsBadly: Bool) async throws {
        try await withFaults(settings: ["group.initial.rebalance.delay.ms": "0"]) { scene in
            try await scene.witness.admin.createTopic("t")
            let configuration = scene.client.configuration
            for _ in 0..<3 {
                var remains = Remains()
                try await Self.live(configuration, remains: &remains, endsBadly: endsBadly)
                try await scene.wait("left behind: \(remains.names)") { remains.names.isEmpty }
                try await scene.wait("connections are left behind") { scene.proxy.connectionCount == 0 }
            }
        }
    }

    @Test("a producer that is dropped without a word closes its connections")
    func dropped() async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            let configuration = scene.client.configuration
            let task = Task {
                let client = try MartletClient(configuration)
                let producer = try client.makeProducer()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await producer.run() }
                    try await producer.send(ProducerRecord(topic: "t", value: "x"))
                    group.cancelAll()
                }
                let consumer = try client.makeConsumer()
                try await consumer.assign(topic: "t", from: .beginning)
                _ = try await consumer.poll()
            }
            try await task.value
            try await scene.wait("connections are left behind") { scene.proxy.connectionCount == 0 }
        }
    }
}
