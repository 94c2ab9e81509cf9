import MartletCore

/// Writes pushes as clients do, in OpenTelemetry's form.
struct TelemetryMessage {
    private(set) var bytes: [UInt8] = []

    mutating func varint(_ field: UInt64, _ value: UInt64) {
        append(field << 3)
        append(value)
    }

    mutating func fixed64(_ field: UInt64, _ value: UInt64) {
        append(field << 3 | 1)
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    mutating func message(_ field: UInt64, _ body: (inout TelemetryMessage) -> Void) {
        var inner = TelemetryMessage()
        body(&inner)
        append(field << 3 | 2)
        append(UInt64(inner.bytes.count))
        bytes += inner.bytes
    }

    mutating func text(_ field: UInt64, _ text: String) {
        message(field) { $0.bytes = Array(text.utf8) }
    }

    private mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// One metric with one data point.
    mutating func metric(
        _ name: String, _ value: Double, isDelta: Bool, attribute: (String, String)? = nil
    ) {
        message(2) { metric in
            metric.text(1, name)
            metric.message(isDelta ? 7 : 5) { data in
                data.message(1) { point in
                    if let attribute {
                        point.message(7) { pair in
                            pair.text(1, attribute.0)
                            pair.message(2) { $0.text(1, attribute.1) }
                        }
                    }
                    point.fixed64(4, value.bitPattern)
                }
                if isDelta { data.varint(2, 1) }
            }
        }
    }

    static func push(_ metrics: (inout TelemetryMessage) -> Void) -> Bytes {
        var whole = TelemetryMessage()
        whole.message(1) { resource in
            resource.message(1) { $0.text(1, "resource") }
            resource.message(2, metrics)
        }
        return Bytes(whole.bytes)
    }
}
