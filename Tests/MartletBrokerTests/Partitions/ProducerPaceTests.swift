import MartletBroker
import MartletCore
import MartletLog
import MartletSimulation
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@Suite("Producers are no faster than the disk")
struct ProducerPaceTests {
    /// Thirty megabytes, of which each can be a request of its own.
    private static let value = String(repeating: "x", count: 1_000_000)
    private static let requestCount = 30

    @Test("what cannot be written yet is not answered yet, whatever the producer asked for")
    func heldBack() async throws {
        try await withSlowDisk { broker, slow in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events", configs: ["martlet.durability": "os"])
            slow.holdsWriteBacks.set()
            var pending: [PendingResponse<ProduceRequest>] = []
            for index in 0..<Self.requestCount {
                let acks: Acks = index.isMultiple(of: 2) ? .all : .leader
                let batch = try Peer.batch([Self.value])
                pending.append(try peer.pending(Peer.produceRequest(topic, 0, batch, acks: acks)))
            }
            #expect(try await pending[0].value().topics[0].partitions[0].errorCode == .none)
            // All have arrived: this is answered after them, on a connection of its own.
            let reader = try await Peer.connect(to: broker)
            var end: Offset = 0
            while end < Offset(Int64(Self.requestCount)) {
                end = try await reader.fetch(topic, from: 0).highWatermark
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(!pending[Self.requestCount - 1].isSettled, "nobody can have written this")
            slow.holdsWriteBacks.clear()
            for answer in pending {
                #expect(try await answer.value().topics[0].partitions[0].errorCode == .none)
            }
        }
    }

    @Test("those held back are told when the disk fails")
    func failure() async throws {
        try await withSlowDisk { broker, slow in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events", configs: ["martlet.durability": "os"])
            slow.holdsWriteBacks.set()
            let pending = try (0..<Self.requestCount).map { _ in
                try peer.pending(Peer.produceRequest(topic, 0, try Peer.batch([Self.value])))
            }
            _ = try await pending[0].value()
            slow.disk.inject(SimulatedFault(.writeBack, errno: 5))
            slow.holdsWriteBacks.clear()
            let last = try await pending[Self.requestCount - 1].value().topics[0].partitions[0]
            #expect(last.errorCode == .kafkaStorageError)
        }
    }
}
