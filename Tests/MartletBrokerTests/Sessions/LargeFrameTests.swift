import MartletBroker
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletBroker

@Suite("Large frames")
struct LargeFrameTests {
    /// A stream of requests as a client sends it that does not wait for answers, and what it stores.
    private struct Stream {
        var bytes: [UInt8] = []
        var requestCount = 0
        var values: [String] = []

        /// Requests of a few bytes and of megabytes, in any order.
        init(to topic: CreateTopicsResponse.Topic, random: inout SplitMix) throws {
            for _ in 0..<12 {
                if Bool.random(using: &random) {
                    try append(MetadataRequest(), version: 4)
                } else {
                    let size = [100, 60_000, 70_000, 300_000, 1_500_000, 4_000_000].randomElement(
                        using: &random)
                    let count = Int.random(in: 1...(size ?? 1), using: &random)
                    let letter = Character(UnicodeScalar(UInt8.random(in: 65...90, using: &random)))
                    values.append(String(repeating: letter, count: count))
                    let batch = try Peer.batch([values[values.count - 1]])
                    try append(Peer.produceRequest(topic, 0, batch), version: 9)
                }
            }
        }

        private mutating func append(_ request: some KafkaRequest, version: Int16) throws {
            let frame = try RequestFrame.encode(request, version: version, correlationID: 1)
            bytes += try #require(frame.contiguous())
            requestCount += 1
        }
    }

    @Test("requests of all sizes are answered, however the network cuts them", arguments: 0..<6)
    func anyCut(seed: Int) async throws {
        var random = SplitMix(seed: UInt64(seed))
        let settings = ["message.max.bytes": "5000000", "num.network.threads": "1"]
        try await withBroker(.memory, settings: settings) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            let stream = try Stream(to: topic, random: &random)
            let client = try RawClient(broker)
            var rest = stream.bytes[...]
            while !rest.isEmpty {
                let most = Bool.random(using: &random) ? 2_000 : 3_000_000
                let piece = rest.prefix(Int.random(in: 1...most, using: &random))
                try await client.send(Array(piece))
                rest = rest.dropFirst(piece.count)
                if Bool.random(using: &random) { try await Task.sleep(for: .milliseconds(1)) }
                // Most of a large frame goes in large pieces, else this would take minutes.
                if rest.count > 100_000, Int.random(in: 0..<4, using: &random) == 0 {
                    let large = rest.prefix(rest.count / 2)
                    try await client.send(Array(large))
                    rest = rest.dropFirst(large.count)
                }
            }
            for _ in 0..<stream.requestCount { #expect(try await client.readFrame() > 0, "seed \(seed)") }
            var stored: [String] = []
            while stored.count < stream.values.count {
                let values = try await peer.fetch(topic, from: Offset(Int64(stored.count))).values()
                try #require(!values.isEmpty, "seed \(seed)")
                stored += values
            }
            #expect(stored == stream.values, "seed \(seed)")
        }
    }

    @Test("a small request after a large one is answered at once")
    func smallAfterLarge() async throws {
        try await withBroker(.memory) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            let client = try RawClient(broker)
            for size in [900_000, 10, 900_000, 10] {
                let batch = try Peer.batch([String(repeating: "x", count: size)])
                try await client.send(Peer.produceRequest(topic, 0, batch), version: 9)
                #expect(try await client.readFrame() > 0)
            }
        }
    }

    @Test("a peer that goes away in the middle of a large frame leaves no connection behind")
    func goesAway() async throws {
        try await withBroker(.memory, settings: ["max.connections.per.ip": "2"]) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            let batch = try Peer.batch([String(repeating: "x", count: 900_000)])
            let request = Peer.produceRequest(topic, 0, batch)
            let frame = try RequestFrame.encode(request, version: 9, correlationID: 1)
            let bytes = try #require(frame.contiguous())
            for part in [5, 60_000, 100_000, 700_000, bytes.count - 1] {
                // Only one connection besides the peer's is let in.
                let client = try await letIn(to: broker)
                try await client.send(Array(bytes.prefix(part)))
            }
            _ = try await letIn(to: broker)
            #expect(try await peer.fetch(topic, from: 0).values().isEmpty)
        }
    }

    /// A connection that the broker serves, which it may not do before it has seen the end of others.
    private func letIn(to broker: some Reachable) async throws -> RawClient {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let client = try RawClient(broker)
            do {
                try await client.send(MetadataRequest(), version: 4)
                _ = try await client.readFrame()
                return client
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(2))
            }
        }
    }
}
