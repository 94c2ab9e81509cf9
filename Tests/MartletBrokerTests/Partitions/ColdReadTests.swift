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
    private static let configs = ["segment.bytes": "16000"]

    @Test("a reader whose records are not in the page cache keeps no other connection waiting")
    func otherConnections() async throws {
        try await withSlowDisk { broker, slow in
            let reader = try await Peer.connect(to: broker)
            let other = try await Peer.connect(to: broker)
            let topic = try await other.createTopic("events", configs: Self.configs)
            for value in Self.values { _ = try await other.produce([value], to: topic) }
            slow.holdReads()
            let cold: PendingResponse<FetchRequest> = try reader.pending(
                Peer.fetchRequest(topic, from: 1, waitMs: 60_000))
            for _ in 0..<3 { #expect(try await other.produce(["new"], to: topic).errorCode == .none) }
            let tail = try await other.fetch(topic, from: Offset(rawValue: Int64(Self.values.count)))
            #expect(try tail.values() == ["new", "new", "new"])
            #expect(!cold.isSettled, "its records cannot be there yet")
            slow.deliver()
            let first = try await cold.value().topics[0].partitions[0]
            #expect(first.errorCode == .none)
            #expect(try first.values().first == Self.values[1])
        }
    }

    @Test("what there is room for only after the first partition was read is not read on the loop either")
    func secondPartition() async throws {
        try await withSlowDisk { broker, slow in
            let reader = try await Peer.connect(to: broker)
            let other = try await Peer.connect(to: broker)
            let topic = try await other.createTopic("events", partitions: 2, configs: Self.configs)
            for value in Self.values {
                for index in 0..<2 { _ = try await other.produce([value], to: topic, PartitionIndex(index)) }
            }
            slow.holdReads()
            var request = Peer.fetchRequest(topic, from: 0, partitions: [0, 1], waitMs: 60_000)
            // Room for two records of the first and a bit of the second.
            request.maxBytes = 12_000
            let cold: PendingResponse<FetchRequest> = try reader.pending(request)
            _ = try await other.metadata(["events"])
            slow.holdReads(of: "events-1/")
            try await Task.sleep(for: .milliseconds(200))
            #expect(!cold.isSettled, "the other partition was not brought from the disk")
            slow.deliver()
            let partitions = try await cold.value().topics[0].partitions
            #expect(try partitions[0].values() == Array(Self.values[..<2]))
        }
    }

    @Test("a reader of a share group whose records are not in the page cache keeps nobody waiting")
    func shareGroup() async throws {
        try await withSlowDisk { broker, slow in
            let other = try await Peer.connect(to: broker)
            let topic = try await other.createTopic("events", configs: Self.configs)
            for value in Self.values { _ = try await other.produce([value], to: topic) }
            let member = try await ShareMember.join(broker, "g", "a", topic)
            slow.holdReads()
            let cold = try member.peer.pending(member.request(0, maximum: 1, waitMs: 60_000))
            for _ in 0..<3 { #expect(try await other.produce(["new"], to: topic).errorCode == .none) }
            try await Task.sleep(for: .milliseconds(200))
            #expect(!cold.isSettled, "its records cannot be there yet")
            slow.deliver()
            #expect(try await cold.value().acquired == ["0: 0-0 x1"])
        }
    }

    @Test("a stop does not wait for more than what a reader has asked the disk for")
    func stop() async throws {
        // Longer than the test may take: it fails if the reader is waited for that long.
        try await withSlowDisk(["martlet.shutdown.timeout.ms": "600000"]) { broker, slow in
            let reader = try await Peer.connect(to: broker)
            let other = try await Peer.connect(to: broker)
            let topic = try await other.createTopic("events", configs: Self.configs)
            for value in Self.values { _ = try await other.produce([value], to: topic) }
            slow.holdReads()
            let cold: PendingResponse<FetchRequest> = try reader.pending(
                Peer.fetchRequest(topic, from: 1, waitMs: 600_000, minBytes: 1_000_000))
            // The broker has the request, as one loop serves both.
            _ = try await other.metadata(["events"])
            async let stopped: Void = broker.shutDown()
            // Closed as the stop begins, in one turn with telling the reader.
            while (try? await other.metadata(["events"])) != nil {}
            slow.deliver()
            #expect(try await cold.value().topics[0].partitions[0].values().first == Self.values[1])
            try await stopped
        }
    }
}
