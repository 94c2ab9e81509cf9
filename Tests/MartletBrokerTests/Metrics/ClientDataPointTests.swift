import MartletCore
import Testing

@testable import MartletBroker

@Suite("Metrics of clients are read from OpenTelemetry's form")
struct ClientDataPointTests {
    @Test("gauges and sums come with their names, values and labels")
    func decode() throws {
        let bytes = TelemetryMessage.push { scope in
            scope.metric("org.apache.kafka.producer.connection.count", 3, isDelta: false)
            scope.metric(
                "org.apache.kafka.producer.record.send.total", 120.5, isDelta: true,
                attribute: ("topic", "events"))
        }
        #expect(
            try ClientDataPoint.decode(bytes) == [
                ClientDataPoint(
                    name: "org.apache.kafka.producer.connection.count", value: 3, isDelta: false),
                ClientDataPoint(
                    name: "org.apache.kafka.producer.record.send.total", value: 120.5, isDelta: true,
                    attributes: [("topic", "events")]),
            ])
    }

    @Test("any bytes give data points or an error", arguments: 0..<200)
    func hostile(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let good = Array(
            TelemetryMessage.push { scope in
                for index in 0..<4 { scope.metric("metric.\(index)", Double(index), isDelta: index % 2 == 0) }
            })
        var bytes = good
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
        }
        let points = try? ClientDataPoint.decode(Bytes(bytes))
        #expect(points?.count ?? 0 <= bytes.count, "seed \(seed)")
        for count in 1..<good.count where count % 7 == seed % 7 {
            #expect(throws: ProtobufError.self) { try ClientDataPoint.decode(Bytes(Array(good[..<count]))) }
        }
    }

    @Test("a push of more data points than anyone has is refused")
    func tooMany() {
        let bytes = TelemetryMessage.push { scope in
            scope.message(2) { metric in
                metric.message(5) { data in
                    for _ in 0...ClientDataPoint.maximumCount { data.message(1) { _ in } }
                }
            }
        }
        #expect(throws: ProtobufError.tooMany("data points")) { try ClientDataPoint.decode(bytes) }
    }
}
