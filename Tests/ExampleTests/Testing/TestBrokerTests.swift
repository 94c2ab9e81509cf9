import Martlet
import MartletTesting
import Testing

@Suite("A broker for tests")
struct TestBrokerTests {
    @Test("has the topics it was asked for, and a client at hand")
    func topics() async throws {
        try await withBroker(topics: ["orders": 3, "payments": 1]) { broker in
            let orders = try await broker.client.admin.describeTopic("orders")
            #expect(orders.partitions.count == 3)
            #expect(broker.bootstrap == "127.0.0.1:\(broker.address.port)")
        }
    }

    @Test("says what is wrong with its settings")
    func settings() async throws {
        let error = try await #require(throws: (any Error).self) {
            try await withBroker(settings: ["log.retention.hour": "1"]) { _ in }
        }
        #expect("\(error)".contains("log.retention.hours"))
    }

    @Test(
        "keeps its address and its records when it is stopped and started",
        arguments: [TestStorage.memory, .temporaryDirectory])
    func restart(storage: TestStorage) async throws {
        try await withBroker(storage, topics: ["orders": 1]) { broker in
            try await Self.send("before", broker.client)
            try await broker.stop()
            await #expect(throws: MartletError.self) { try await Self.impatientCall(of: broker) }
            try await broker.start()
            try await Self.send("after", broker.client)
            #expect(try await Self.values(broker.client) == ["before", "after"])
        }
    }

    @Test("keeps what was acknowledged when it loses its power", arguments: 1...5 as ClosedRange<UInt64>)
    func powerLoss(seed: UInt64) async throws {
        try await withBroker(topics: ["orders": 1]) { broker in
            for index in 0..<20 { try await Self.send("\(index)", broker.client) }
            try await broker.losePower(seed: seed)
            try await broker.start()
            #expect(try await Self.values(broker.client) == (0..<20).map { "\($0)" }, "seed \(seed)")
        }
    }

    @Test("cannot lose its power with a real disk")
    func powerOfDisk() async throws {
        try await withBroker(.temporaryDirectory) { broker in
            await #expect(throws: TestBrokerError.self) { try await broker.losePower() }
        }
    }

    @Test("cuts connections, and clients come back without loss")
    func cuts() async throws {
        try await withBroker(topics: ["orders": 1]) { broker in
            try await broker.client.withProducer { producer in
                for index in 0..<100 {
                    try await producer.enqueue(ProducerRecord(topic: "orders", value: Bytes("\(index)")))
                    if index % 25 == 0 { await broker.cutConnections() }
                }
                try await producer.flush()
            }
            #expect(try await Self.values(broker.client) == (0..<100).map { "\($0)" })
        }
    }

    @Test("answers nothing while it is paused, and everything afterwards")
    func pause() async throws {
        try await withBroker(topics: ["orders": 1]) { broker in
            try await Self.send("first", broker.client)
            await broker.pause()
            await broker.pause()
            let failure = await #expect(throws: MartletError.self) {
                try await Self.impatientCall(of: broker)
            }
            #expect(failure?.code == .timedOut || failure?.code == .connectionFailed)
            broker.resume()
            try await Self.send("second", broker.client)
            #expect(try await Self.values(broker.client) == ["first", "second"])
        }
    }

    @Test("ends although it is paused or stopped")
    func endOfPause() async throws {
        try await withBroker { broker in await broker.pause() }
        try await withBroker { broker in try await broker.stop() }
    }

    @Test("serves many tests side by side")
    func parallel() async throws {
        try await withThrowingTaskGroup(of: [String].self) { group in
            for index in 0..<8 {
                group.addTask {
                    try await withBroker(topics: ["orders": 1]) { broker in
                        try await Self.send("\(index)", broker.client)
                        return try await Self.values(broker.client)
                    }
                }
            }
            let values = try await group.reduce(into: []) { $0 += $1 }
            #expect(values.sorted() == (0..<8).map { "\($0)" })
        }
    }

    // MARK: Steps

    private static func send(_ value: String, _ client: MartletClient) async throws {
        try await client.withProducer { producer in
            try await producer.send(ProducerRecord(topic: "orders", value: Bytes(value)))
        }
    }

    private static func values(_ client: MartletClient) async throws -> [String] {
        try await client.withConsumer { consumer in
            try await consumer.assign(topic: "orders", from: .beginning, until: .end)
            var values: [String] = []
            for try await record in consumer.records {
                values.append(record.value?.text ?? "")
            }
            return values
        }
    }

    /// Asks something of the broker, and gives up soon.
    private static func impatientCall(of broker: TestBroker) async throws {
        var configuration = ClientConfiguration(bootstrapServers: [broker.address])
        configuration.connectTimeout = .milliseconds(200)
        configuration.requestTimeout = .milliseconds(200)
        configuration.metadataTimeout = .milliseconds(300)
        try await MartletClient.with(configuration) { client in
            _ = try await client.admin.describeCluster()
        }
    }
}
