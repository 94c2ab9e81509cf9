import Martlet
import MartletCore
import MartletTransport
import NIOCore
import Synchronization
import Testing

@Suite("Cancelled while the broker says nothing any more", .timeLimit(.minutes(3)))
struct SilentBrokerTests {
    /// Falls silent as soon as an operation says so.
    private struct Stage: Sendable {
        let scene: FaultScene
        let isSilent = Flag()

        final class Flag: Sendable {
            let value = Mutex(false)
        }

        func silence() {
            scene.proxy.onEverything { _ in .unheard }
            isSilent.value.withLock { $0 = true }
        }
    }

    /// Runs an operation against a broker that falls silent, cancels it, and measures how long it goes on.
    private static func expectEnd(
        _ operation: @escaping @Sendable (Stage, MartletClient) async throws -> Void
    ) async throws {
        try await withFaults(settings: GroupFaultTests.settings) { scene in
            try await scene.witness.admin.createTopic("t")
            try await ConsumerFaultTests.fill(scene, "t", 0..<20)
            let stage = Stage(scene: scene)
            // The standard times: nothing in here may depend on their being short.
            let configuration = ClientConfiguration(bootstrapServers: [scene.proxy.address])
            let task = Task {
                try await MartletClient.with(configuration) { try await operation(stage, $0) }
            }
            try await scene.wait("the operation never got there") { stage.isSilent.value.withLock { $0 } }
            try await Task.sleep(for: .milliseconds(100))
            let began = ContinuousClock.now
            task.cancel()
            let result = await task.result
            let time = ContinuousClock.now - began
            #expect(time < CancellationSweep.bound, "it went on for \(time)")
            #expect(throws: (any Error).self) { try result.get() }
        }
    }

    @Test("connecting")
    func connecting() async throws {
        try await Self.expectEnd { stage, client in
            stage.silence()
            _ = try await client.admin.listTopics()
        }
    }

    @Test("send, flush and close", arguments: 0..<3)
    func producer(kind: Int) async throws {
        try await Self.expectEnd { stage, client in
            try await client.withProducer { producer in
                try await producer.send(ProducerRecord(topic: "t", value: "x"))
                stage.silence()
                if kind == 0 { try await producer.send(ProducerRecord(topic: "t", value: "y")) }
                try await producer.enqueue(ProducerRecord(topic: "t", value: "y"))
                if kind == 1 { try await producer.flush() }
            }
        }
    }

    @Test("the body, the commit and the abort of a transaction", arguments: 0..<3)
    func transaction(kind: Int) async throws {
        struct Trouble: Error {}
        try await Self.expectEnd { stage, client in
            var configuration = ProducerConfiguration()
            configuration.transactionalID = "tx"
            try await client.withProducer(configuration) { producer in
                try await producer.withTransaction { transaction in
                    try await transaction.send(ProducerRecord(topic: "t", value: "x"))
                    stage.silence()
                    if kind == 0 { try await transaction.send(ProducerRecord(topic: "t", value: "y")) }
                    if kind == 2 { throw Trouble() }
                }
            }
        }
    }

    @Test("poll and assign", arguments: 0..<2)
    func consumer(kind: Int) async throws {
        try await Self.expectEnd { stage, client in
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "t", from: .beginning)
                _ = try await consumer.poll()
                stage.silence()
                if kind == 0 { try await consumer.assign(topic: "t", from: .end) }
                while true { _ = try await consumer.poll() }
            }
        }
    }

    @Test("joining, reading, committing and leaving", arguments: GroupProtocol.allCases, 0..<4)
    func member(groupProtocol: GroupProtocol, kind: Int) async throws {
        try await Self.expectEnd { stage, client in
            if kind == 0 {
                _ = try await client.admin.listTopics()
                stage.silence()
            }
            var configuration = GroupConsumerConfiguration(group: "g", topics: "t")
            configuration.groupProtocol = groupProtocol
            try await client.withGroupConsumer(configuration) { consumer in
                while try await consumer.poll() == nil {}
                stage.silence()
                if kind == 1 { while true { _ = try await consumer.poll() } }
                if kind == 2 { try await consumer.commit() }
            }
            throw CancellationError()
        }
    }

    @Test("a member of a share group")
    func sharer() async throws {
        try await Self.expectEnd { stage, client in
            let configuration = ShareConsumerConfiguration(group: "s", topics: ["t"])
            try await client.withShareConsumer(configuration) { consumer in
                // The group begins at the end: there is nothing yet.
                _ = try await consumer.poll(within: .seconds(1))
                stage.silence()
                while true { _ = try await consumer.poll() }
            }
        }
    }
}
