import Logging
import MartletBroker
import MartletCore
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@Suite("Old records come from the disk, and nobody else waits for them")
struct ColdReadTests {
    /// Three fill a segment.
    private static let values = (0..<9).map { "\($0)" + String(repeating: "x", count: 5_000) }

    @Test("a reader whose records are not in the page cache keeps no other connection waiting")
    func otherConnections() async throws {
        let slow = SlowDisk()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = try BrokerConfiguration(dataDirectory: "/martlet", logger: logger)
        configuration.fileSystem = slow
        try configuration.settings.set("num.network.threads", "1")
        let broker = try await Broker.start(configuration)
        do {
            let reader = try await Peer.connect(to: broker)
            let other = try await Peer.connect(to: broker)
            let topic = try await other.createTopic("events", configs: ["segment.bytes": "16000"])
            for value in Self.values { _ = try await other.produce([value], to: topic) }
            slow.isStuck.set()
            let cold: PendingResponse<FetchRequest> = try reader.pending(
                Peer.fetchRequest(topic, from: 1, waitMs: 60_000))
            for _ in 0..<3 { #expect(try await other.produce(["new"], to: topic).errorCode == .none) }
            let tail = try await other.fetch(topic, from: Offset(rawValue: Int64(Self.values.count)))
            #expect(try tail.values() == ["new", "new", "new"])
            #expect(!cold.isSettled, "its records cannot be there yet")
            slow.isStuck.clear()
            let first = try await cold.value().topics[0].partitions[0]
            #expect(first.errorCode == .none)
            #expect(try first.values().first == Self.values[1])
        } catch {
            slow.isStuck.clear()
            try? await broker.shutDown()
            throw error
        }
        try await broker.shutDown()
    }
}
