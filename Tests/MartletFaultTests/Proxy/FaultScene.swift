import Martlet
import MartletCore
import MartletTesting
import MartletTransport
import NIOCore
import Testing

/// A broker, proxies in front of it that pass for its cluster, and a client that knows the proxies alone.
struct FaultScene: Sendable {
    let broker: TestBroker
    let faces: Faces
    let proxies: [FaultProxy]
    let client: MartletClient
    /// Past all proxies, to see what is really there.
    let witness: MartletClient

    /// The one that clients turn to first, and that leads everything unless told otherwise.
    var proxy: FaultProxy { proxies[0] }

    /// Waits for something to become true; however slow the machine, it should within the time.
    func wait(
        _ what: Comment, within limit: Duration = .seconds(30),
        sourceLocation: SourceLocation = #_sourceLocation, until condition: () async throws -> Bool
    ) async throws {
        try await waitUntil(what, within: limit, sourceLocation: sourceLocation, condition)
    }

    /// What a topic holds, by partition and in order, as a reader of committed records sees it.
    func records(of topic: TopicName) async throws -> [PartitionIndex: [String]] {
        var configuration = ConsumerConfiguration()
        configuration.isolationLevel = .readCommitted
        return try await witness.withConsumer(configuration) { consumer in
            try await consumer.assign(topic: topic, from: .beginning, until: .end)
            var values: [PartitionIndex: [String]] = [:]
            for try await record in consumer.records {
                values[record.partition.partition, default: []].append(
                    record.value.map(String.init(decoding:)) ?? "")
            }
            return values
        }
    }

    /// What the only partition of a topic holds, in order.
    func values(of topic: TopicName) async throws -> [String] {
        try await records(of: topic)[0] ?? []
    }
}

/// Waits for something to become true.
func waitUntil(
    _ what: Comment, within limit: Duration = .seconds(30),
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(what, sourceLocation: sourceLocation)
    throw NeverHappened()
}

struct NeverHappened: Error {}

/// Runs `body` with a broker behind proxies.
func withFaults(
    brokers count: Int = 1, settings: [String: String] = [:],
    _ configure: (inout ClientConfiguration) -> Void = { _ in },
    _ body: (FaultScene) async throws -> Void
) async throws {
    try await withBroker(settings: settings) { broker in
        let faces = Faces()
        faces.with { $0.hasFetchSessions = count == 1 }
        let proxies = (0..<count).map { index in
            FaultProxy(
                face: Face(id: BrokerID(rawValue: Int32(index) + 1), faces: faces), upstream: broker.address)
        }
        for proxy in proxies {
            try await proxy.start()
            faces.with { $0.brokers[proxy.face.id] = proxy.address }
        }
        var configuration = ClientConfiguration(bootstrapServers: proxies.map(\.address))
        configuration.retry.initialBackoff = .milliseconds(10)
        configuration.retry.maximumBackoff = .milliseconds(100)
        configuration.topicTimeout = .milliseconds(300)
        configure(&configuration)
        let result: Result<Void, any Error>
        do {
            try await MartletClient.with(configuration) { client in
                try await MartletClient.with(ClientConfiguration(bootstrapServers: [broker.address])) {
                    witness in
                    try await body(
                        FaultScene(
                            broker: broker, faces: faces, proxies: proxies, client: client, witness: witness))
                }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for proxy in proxies {
            try? await proxy.stop()
            let problems = proxy.with { $0.problems }
            #expect(problems.isEmpty, "the proxy itself had trouble")
        }
        try result.get()
    }
}
