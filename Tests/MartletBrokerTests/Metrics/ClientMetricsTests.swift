import MartletCore
import Testing

@testable import MartletBroker

@Suite("Metrics of clients do not grow without bound")
struct ClientMetricsTests {
    private static func push(_ names: Range<Int>) -> Bytes {
        TelemetryMessage.push { scope in
            for name in names { scope.metric("metric.\(name)", 1, isDelta: name % 2 == 0) }
        }
    }

    @Test("series beyond the limit wait until others have been silent for long")
    func series() throws {
        let metrics = ClientMetrics()
        try metrics.take(Self.push(0..<ClientMetrics.maximumSeries + 100), from: "client")
        #expect(metrics.seriesCount == ClientMetrics.maximumSeries)
        try metrics.take(Self.push(0..<10), from: "client")
        #expect(metrics.seriesCount == ClientMetrics.maximumSeries)
        for _ in 0...ClientMetrics.pushesUntilStale { try metrics.take(Self.push(0..<10), from: "client") }
        try metrics.take(Self.push(0..<10), from: "other")
        #expect(metrics.seriesCount == 20)
    }

    @Test("names and labels of any length and kind are taken")
    func labels() throws {
        let metrics = ClientMetrics()
        let long = String(repeating: "e\u{301}\u{0}", count: 20_000)
        let push = TelemetryMessage.push { scope in
            scope.metric(long, 1, isDelta: true, attribute: (long, long))
            scope.metric("", -.infinity, isDelta: true)
            scope.metric("negative", -1, isDelta: true)
            scope.metric("huge", .greatestFiniteMagnitude, isDelta: true)
        }
        try metrics.take(push, from: long)
        try metrics.take(push, from: long)
        #expect(metrics.seriesCount == 3)
    }
}
