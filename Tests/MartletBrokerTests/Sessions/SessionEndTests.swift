import MartletBroker
import MartletCore
import MartletTesting
import MartletWire
import Testing

@Suite("Connections end in order")
struct SessionEndTests {
    @Test("a stop sends the answers that it owes whole, also to a slow reader")
    func slowReader() async throws {
        try await withTemporaryDirectory { directory in
            let received = try await withBroker(.directory(directory)) { broker in
                let peer = try await Peer.connect(to: broker)
                let topic = try await peer.createTopic("events")
                let value = String(repeating: "x", count: 1_000_000)
                for _ in 0..<30 { _ = try await peer.produce([value], to: topic) }
                var request = Peer.fetchRequest(topic, from: 0)
                request.maxBytes = 40 << 20
                request.topics[0].partitions[0].maxBytes = 40 << 20
                let client = try RawClient(broker)
                try await client.send(request, version: 13)
                try await Task.sleep(for: .milliseconds(200))
                async let stopped: Void = broker.shutDown()
                try await Task.sleep(for: .milliseconds(200))
                let received = try await client.readToEnd()
                try await stopped
                return received
            }
            let announced = received.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            #expect(announced > 30_000_000)
            #expect(received.count == 4 + announced)
        }
    }

    @Test("a stop does not wait for a reader that has stopped reading longer than it may")
    func stoppedReader() async throws {
        try await withTemporaryDirectory { directory in
            let settings = ["martlet.shutdown.timeout.ms": "500"]
            try await withBroker(.directory(directory), settings: settings) { broker in
                let peer = try await Peer.connect(to: broker)
                let topic = try await peer.createTopic("events")
                let value = String(repeating: "x", count: 1_000_000)
                for _ in 0..<20 { _ = try await peer.produce([value], to: topic) }
                var request = Peer.fetchRequest(topic, from: 0)
                request.maxBytes = 40 << 20
                request.topics[0].partitions[0].maxBytes = 40 << 20
                let client = try RawClient(broker)
                try await client.send(request, version: 13)
                try await Task.sleep(for: .milliseconds(200))
                let began = ContinuousClock.now
                try await broker.shutDown()
                #expect(ContinuousClock.now - began < .seconds(5))
                #expect(try await !client.readToEnd().isEmpty)
            }
        }
    }

    @Test("a request that we do not read on is not held to arrive in time")
    func heldBack() async throws {
        try await withTemporaryDirectory { directory in
            let settings = ["martlet.frame.timeout.ms": "200", "num.network.threads": "1"]
            try await withBroker(.directory(directory), settings: settings) { broker in
                let peer = try await Peer.connect(to: broker)
                let topic = try await peer.createTopic("events")
                let value = String(repeating: "x", count: 1_000_000)
                for _ in 0..<20 { _ = try await peer.produce([value], to: topic) }
                var request = Peer.fetchRequest(topic, from: 0, waitMs: 15_000, minBytes: 20_500_000)
                request.maxBytes = 40 << 20
                request.topics[0].partitions[0].maxBytes = 40 << 20
                let client = try RawClient(broker)
                try await client.send(request, version: 13)
                let frame = try RequestFrame.encode(MetadataRequest(), version: 4, correlationID: 2)
                let bytes = try #require(frame.contiguous())
                try await client.send(Array(bytes.prefix(6)))
                try await Task.sleep(for: .milliseconds(50))
                // The fetch is answered with more than the socket takes, so that nothing more is read.
                _ = try await peer.produce([value], to: topic)
                try await Task.sleep(for: .milliseconds(2_500))
                try await client.send(Array(bytes.dropFirst(6)))
                let fetched = try await client.readFrame()
                #expect(fetched > 20_500_000)
                #expect(try await client.readFrame() > 0)
            }
        }
    }
}
