import MartletBroker
import MartletCore
import MartletRecords
import MartletTesting
import MartletWire
import Testing

@testable import MartletBroker

@Suite("Clients are asked for their metrics, and held to what was asked")
struct ClientTelemetryTests {
    private static func push(
        _ subscription: GetTelemetrySubscriptionsResponse, _ metrics: Bytes, compression: Int8 = 0,
        isTerminating: Bool = false
    ) -> PushTelemetryRequest {
        PushTelemetryRequest {
            $0.clientInstanceID = subscription.clientInstanceID
            $0.subscriptionID = subscription.subscriptionID
            $0.compressionType = compression
            $0.isTerminating = isTerminating
            $0.metrics = metrics
        }
    }

    private static let metrics = TelemetryMessage.push { $0.metric("a.b", 1, isDelta: true) }

    private static func again(_ id: ClientInstanceID) -> GetTelemetrySubscriptionsRequest {
        GetTelemetrySubscriptionsRequest { $0.clientInstanceID = id }
    }

    @Test("without subscriptions nothing is wanted")
    func nothing() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let answer = try await peer.send(GetTelemetrySubscriptionsRequest())
            #expect(answer.errorCode == .none && answer.requestedMetrics.isEmpty)
            #expect(answer.pushIntervalMs == 300_000 && answer.isDelta && answer.maxBytes == 1_048_576)
            #expect(answer.acceptedCompressionTypes == [4, 3, 1, 2])
            #expect(answer.clientInstanceID.rawValue != .zero)
        }
    }

    @Test("what matching subscriptions want is put together, and a change is told at once")
    func subscriptions() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            try await peer.set(.clientMetrics, "one", ["metrics": "a.,b.", "interval.ms": "60000"])
            try await peer.set(
                .clientMetrics, "two",
                ["metrics": "c.", "interval.ms": "30000", "match": "client_source_address=127\\..*"])
            try await peer.set(
                .clientMetrics, "three", ["metrics": "*", "match": "client_software_name=other"])
            let first = try await peer.send(GetTelemetrySubscriptionsRequest())
            #expect(first.requestedMetrics == ["a.", "b.", "c."] && first.pushIntervalMs == 30_000)
            let tooSoon = try await peer.send(Self.again(first.clientInstanceID))
            #expect(tooSoon.errorCode == .throttlingQuotaExceeded)
            let other = try await Peer.connect(to: broker)
            let reconnected = try await other.send(Self.again(first.clientInstanceID))
            #expect(reconnected.errorCode == .none)
            #expect(reconnected.subscriptionID == first.subscriptionID)
            try await peer.set(.clientMetrics, "one", ["metrics": "*"])
            let changed = try await peer.send(Self.again(first.clientInstanceID))
            #expect(changed.errorCode == .none && changed.requestedMetrics == ["*"])
            #expect(changed.subscriptionID != first.subscriptionID)
            let old = try await peer.send(Self.push(first, Self.metrics))
            #expect(old.errorCode == .unknownSubscriptionID)
            // It may ask anew at once.
            #expect(try await peer.send(Self.again(first.clientInstanceID)).errorCode == .none)
        }
    }

    @Test("a pattern that is none is refused")
    func patterns() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            for match in ["client_id=(", "nobody=x", "client_id"] {
                let answer = try await peer.change(.clientMetrics, "all", [("match", .set, match)])
                #expect(answer.errorCode == .invalidConfig)
            }
        }
    }

    @Test("a push must come in time, in bounds and whole; the last one may come early")
    func pushes() async throws {
        try await withBroker(settings: ["telemetry.max.bytes": "2000"]) { broker in
            let peer = try await Peer.connect(to: broker)
            try await peer.set(.clientMetrics, "all", ["metrics": "*", "interval.ms": "3600000"])
            func code(_ metrics: Bytes, _ compression: Int8 = 0) async throws -> ErrorCode {
                let subscription = try await peer.send(GetTelemetrySubscriptionsRequest())
                return try await peer.send(Self.push(subscription, metrics, compression: compression))
                    .errorCode
            }
            #expect(try await code(Self.metrics) == .none)
            #expect(try await code(.empty) == .none)
            #expect(try await code(Self.metrics, 9) == .unsupportedCompressionType)
            #expect(try await code(Bytes([UInt8](repeating: 0, count: 2001))) == .telemetryTooLarge)
            #expect(try await code(Bytes([0xFF, 0xFF])) == .invalidRecord)
            #expect(try await code(Bytes([1, 2, 3]), 4) == .invalidRecord)
            for compression in [Compression.gzip, .snappy, .lz4, .zstd] {
                let number = Int8(compression.rawValue)
                #expect(try await code(compression.shrunk(Self.metrics), number) == .none)
                let bomb = Bytes([UInt8](repeating: 0, count: 100_000))
                #expect(try await code(compression.shrunk(bomb), number) == .telemetryTooLarge)
            }
            let subscription = try await peer.send(GetTelemetrySubscriptionsRequest())
            let push = Self.push(subscription, Self.metrics)
            #expect(try await peer.send(push).errorCode == .none)
            #expect(try await peer.send(push).errorCode == .throttlingQuotaExceeded)
            let last = Self.push(subscription, Self.metrics, isTerminating: true)
            #expect(try await peer.send(last).errorCode == .none)
            #expect(try await peer.send(last).errorCode == .invalidRequest)
            var nobody = push
            nobody.clientInstanceID = ClientInstanceID()
            #expect(try await peer.send(nobody).errorCode == .invalidRequest)
        }
    }
}

extension Compression {
    fileprivate func shrunk(_ bytes: Bytes) throws -> Bytes {
        var output = GrowableBytes(capacity: 64)
        try bytes.withUnsafeBytes { try compress($0, into: &output) }
        return output.finish()
    }
}
