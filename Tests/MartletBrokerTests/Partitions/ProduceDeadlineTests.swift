import Logging
import MartletBroker
import MartletCore
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@Suite("A producer waits for the disk as long as it wants to")
struct ProduceDeadlineTests {
    @Test("each request has its own time, whatever others wait for")
    func deadlines() async throws {
        let slow = SlowDisk()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = try BrokerConfiguration(dataDirectory: "/martlet", logger: logger)
        configuration.fileSystem = slow
        let broker = try await Broker.start(configuration)
        do {
            let topic = try await Peer.connect(to: broker).createTopic("events")
            // Answers come in the order of requests, so that each has a connection of its own.
            func pending(_ value: String, timeoutMs: Int32) async throws -> PendingResponse<ProduceRequest> {
                var request = Peer.produceRequest(topic, 0, try Peer.batch([value]))
                request.timeoutMs = timeoutMs
                return try await Peer.connect(to: broker).pending(request)
            }
            slow.holdsSyncs.set()
            let patient = try await pending("a", timeoutMs: 60_000)
            let impatient = try await pending("b", timeoutMs: 200)
            let hasty = try await pending("c", timeoutMs: 0)
            #expect(try await hasty.value().topics[0].partitions[0].errorCode == .requestTimedOut)
            #expect(try await impatient.value().topics[0].partitions[0].errorCode == .requestTimedOut)
            #expect(!patient.isSettled)
            slow.holdsSyncs.clear()
            #expect(try await patient.value().topics[0].partitions[0].errorCode == .none)
            // What was late is in the log nevertheless.
            let after = try await pending("d", timeoutMs: 60_000)
            #expect(try await after.value().topics[0].partitions[0].baseOffset == 3)
        } catch {
            slow.holdsSyncs.clear()
            try? await broker.shutDown()
            throw error
        }
        try await broker.shutDown()
    }
}
