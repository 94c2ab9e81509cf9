internal import MartletCore

/// One number that a client tells, from a push in OpenTelemetry's form (OTLP).
struct ClientDataPoint: Equatable {
    var name = ""
    var value: Double = 0
    /// The difference since the last push, and not the state.
    var isDelta = false
    var attributes: [(key: String, value: String)] = []

    static func == (left: Self, right: Self) -> Bool {
        left.name == right.name && left.value == right.value && left.isDelta == right.isDelta
            && left.attributes.elementsEqual(right.attributes, by: ==)
    }

    /// Data points in one push; a client has some hundreds.
    static let maximumCount = 20_000

    /// The gauges and sums of a `MetricsData`; histograms, of which clients have none, are left out.
    static func decode(_ bytes: Bytes) throws(ProtobufError) -> [ClientDataPoint] {
        var points: [ClientDataPoint] = []
        try forEach(1, in: bytes) { resource throws(ProtobufError) in
            try forEach(2, in: resource) { scope throws(ProtobufError) in
                try forEach(2, in: scope) { metric throws(ProtobufError) in
                    try decodeMetric(metric, &points)
                    if points.count > maximumCount { throw .tooMany("data points") }
                }
            }
        }
        return points
    }

    private static func forEach(
        _ field: UInt64, in bytes: Bytes, _ body: (Bytes) throws(ProtobufError) -> Void
    ) throws(ProtobufError) {
        var reader = ProtobufReader(bytes)
        while let (number, value) = try reader.next() {
            if number == field, case .bytes(let message) = value { try body(message) }
        }
    }

    private static func decodeMetric(
        _ bytes: Bytes, _ points: inout [ClientDataPoint]
    ) throws(ProtobufError) {
        var name = ""
        var found: [ClientDataPoint] = []
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            guard case .bytes(let content) = value else { continue }
            switch field {
            case 1: name = String(decoding: content)
            // Gauge and sum: their points come under number 1, a sum's temporality under 2.
            case 5, 7: found += try decodePoints(content)
            default: break
            }
        }
        for var point in found {
            point.name = name
            points.append(point)
        }
    }

    private static let delta: UInt64 = 1

    private static func decodePoints(_ bytes: Bytes) throws(ProtobufError) -> [ClientDataPoint] {
        var points: [ClientDataPoint] = []
        var isDelta = false
        var reader = ProtobufReader(bytes)
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (1, .bytes(let point)):
                points.append(try ClientDataPoint(point))
                if points.count > maximumCount { throw .tooMany("data points") }
            case (2, .varint(let temporality)): isDelta = temporality == delta
            default: break
            }
        }
        for index in points.indices { points[index].isDelta = isDelta }
        return points
    }

    init(name: String, value: Double, isDelta: Bool, attributes: [(key: String, value: String)] = []) {
        self.name = name
        self.value = value
        self.isDelta = isDelta
        self.attributes = attributes
    }

    /// A `NumberDataPoint`.
    private init(_ bytes: Bytes) throws(ProtobufError) {
        var reader = ProtobufReader(bytes)
        while let (field, content) = try reader.next() {
            switch (field, content) {
            case (4, .fixed64(let bits)): value = Double(bitPattern: bits)
            case (6, .fixed64(let bits)): value = Double(Int64(bitPattern: bits))
            case (7, .bytes(let attribute)):
                if attributes.count < Self.maximumAttributes {
                    attributes.append(try Self.attribute(attribute))
                }
            default: break
            }
        }
    }

    private static let maximumAttributes = 32

    /// A `KeyValue`, whose value is text or a number.
    private static func attribute(_ bytes: Bytes) throws(ProtobufError) -> (key: String, value: String) {
        var attribute = (key: "", value: "")
        var reader = ProtobufReader(bytes)
        while let (field, content) = try reader.next() {
            guard case .bytes(let content) = content else { continue }
            if field == 1 { attribute.key = String(decoding: content) }
            guard field == 2 else { continue }
            var inner = ProtobufReader(content)
            while let (kind, value) = try inner.next() {
                switch (kind, value) {
                case (1, .bytes(let text)): attribute.value = String(decoding: text)
                case (2, .varint(let flag)): attribute.value = flag == 0 ? "false" : "true"
                case (3, .varint(let number)): attribute.value = "\(Int64(bitPattern: number))"
                case (4, .fixed64(let bits)): attribute.value = "\(Double(bitPattern: bits))"
                default: break
                }
            }
        }
        return attribute
    }
}
