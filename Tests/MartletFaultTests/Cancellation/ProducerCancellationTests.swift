import Martlet
import MartletCore
import Testing

@Suite("A producer whose calls are cancelled at any point", .timeLimit(.minutes(3)))
struct ProducerCancellationTests {
    /// Runs `body` beside a producer that nobody cancels.
    private static func withRunning(
        _ configuration: ProducerConfiguration = ProducerConfiguration(),
        _ body: @escaping @Sendable (FaultScene, Producer) async throws -> Void
    ) async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            try await scene.client.withProducer(configuration) { try await body(scene, $0) }
        }
    }

    /// What was acknowledged is there, and nothing twice.
    private static func expect(_ acknowledged: [String], in scene: FaultScene) async throws {
        let values = try await scene.values(of: "t")
        #expect(Set(values).count == values.count, "records are there twice")
        #expect(Set(acknowledged).subtracting(values).isEmpty, "acknowledged records are missing")
    }

    @Test("send")
    func send() async throws {
        try await Self.withRunning { scene, producer in
            var acknowledged: [String] = []
            try await CancellationSweep().run { number in
                try await producer.send(ProducerRecord(topic: "t", value: Bytes("\(number)")))
            } check: { number, place in
                if place != nil { acknowledged.append("\(number)") }
                try await producer.send(ProducerRecord(topic: "t", value: Bytes("after \(number)")))
                acknowledged.append("after \(number)")
            }
            try await Self.expect(acknowledged, in: scene)
        }
    }

    @Test("send through a client that knows nothing yet")
    func firstSend() async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            let configuration = scene.client.configuration
            var acknowledged: [String] = []
            try await CancellationSweep().run { number in
                try await MartletClient.with(configuration) { client in
                    try await client.withProducer { producer in
                        _ = try await producer.send(ProducerRecord(topic: "t", value: Bytes("\(number)")))
                    }
                }
            } check: { number, place in
                if place != nil { acknowledged.append("\(number)") }
            }
            try await Self.expect(acknowledged, in: scene)
            try await scene.wait("connections are left behind") { scene.proxy.connectionCount == 0 }
        }
    }

    @Test("enqueue while the buffer is full")
    func fullBuffer() async throws {
        var configuration = ProducerConfiguration()
        configuration.batchBytes = 1_000
        configuration.bufferBytes = 1_000
        try await Self.withRunning(configuration) { scene, producer in
            let padding = String(repeating: "x", count: 700)
            try await CancellationSweep().run { number in
                for part in 0..<3 {
                    try await producer.enqueue(
                        ProducerRecord(topic: "t", value: Bytes("\(number) \(part) \(padding)")))
                }
            } check: { number, _ in
                // All the room must come back, whoever was cancelled while waiting for it.
                try await producer.flush()
                try await producer.send(ProducerRecord(topic: "t", value: Bytes("\(number) \(padding)")))
            }
            try await Self.expect([], in: scene)
        }
    }

    @Test("flush")
    func flush() async throws {
        var configuration = ProducerConfiguration()
        configuration.linger = .milliseconds(20)
        try await Self.withRunning(configuration) { scene, producer in
            var sent: [String] = []
            var next = 0
            func enqueueOne() async throws {
                try await producer.enqueue(ProducerRecord(topic: "t", value: Bytes("\(next)")))
                sent.append("\(next)")
                next += 1
            }
            try await enqueueOne()
            try await CancellationSweep().run { _ in
                try await producer.flush()
            } check: { _, _ in
                try await producer.flush()
                try await enqueueOne()
            }
            try await producer.flush()
            try await Self.expect(sent, in: scene)
        }
    }

    @Test("close: run returns all the same, with everything delivered")
    func close() async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            let count = 8
            for moment in CountingExecutor.Moment.allCases {
                for target in 1...count {
                    let producer = try scene.client.makeProducer()
                    async let run: Void = producer.run()
                    let value = "\(moment) \(target)"
                    try await producer.enqueue(ProducerRecord(topic: "t", value: Bytes(value)))
                    _ = await cancelled(at: target, moment) { try await producer.close() }
                    try await run
                    #expect(try await scene.values(of: "t").last == value)
                }
            }
        }
    }

    @Test("withProducer")
    func withProducer() async throws {
        try await withFaults { scene in
            try await scene.witness.admin.createTopic("t")
            let client = scene.client
            var acknowledged: [String] = []
            try await CancellationSweep().run { number in
                try await client.withProducer { producer in
                    for part in 0..<3 {
                        try await producer.enqueue(
                            ProducerRecord(topic: "t", value: Bytes("\(number) \(part)")))
                    }
                }
            } check: { number, done in
                if done != nil { acknowledged += (0..<3).map { "\(number) \($0)" } }
            }
            try await Self.expect(acknowledged, in: scene)
        }
    }

    @Test("withTransaction: all of it or nothing, and the next one goes through")
    func withTransaction() async throws {
        var configuration = ProducerConfiguration()
        configuration.transactionalID = "tx"
        try await Self.withRunning(configuration) { scene, producer in
            var committed: [String] = []
            try await CancellationSweep().run { number in
                try await producer.withTransaction { transaction in
                    try await transaction.enqueue(ProducerRecord(topic: "t", value: Bytes("\(number) a")))
                    try await transaction.send(ProducerRecord(topic: "t", value: Bytes("\(number) b")))
                }
            } check: { number, place in
                if place != nil { committed += ["\(number) a", "\(number) b"] }
                try await producer.withTransaction { transaction in
                    try await transaction.send(ProducerRecord(topic: "t", value: Bytes("after \(number)")))
                }
                committed.append("after \(number)")
            }
            #expect(try await scene.values(of: "t") == committed)
        }
    }
}
