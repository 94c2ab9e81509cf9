internal import Martlet
internal import MartletCore

/// Makes records of lines of JSON, as `martlet consume --json` prints them.
struct RecordJSONReader: Sendable {
    /// What the flags say; the line has precedence except over `partition`.
    var template: RecordTemplate
    /// Whether the partitions that the lines name are ignored.
    var repartitions = false

    private static let fields =
        "key, keyBase64, value, valueBase64, headers, partition, timestamp (and topic and offset, which are ignored)"

    func record(_ line: Bytes) throws(JSONProblem) -> ProducerRecord {
        var cursor = JSONCursor(line)
        var record = ProducerRecord(
            topic: template.topic, partition: template.partition, key: template.key, value: nil,
            headers: template.headers, timestamp: template.timestamp)
        var hasValue = false
        try cursor.forEachField { name, cursor throws(JSONProblem) in
            switch name {
            case "key": record.key = try cursor.bytesOrNull()
            case "keyBase64": record.key = try cursor.base64OrNull()
            case "value", "valueBase64":
                record.value = name == "value" ? try cursor.bytesOrNull() : try cursor.base64OrNull()
                hasValue = true
            case "headers": record.headers += try Self.headers(&cursor)
            case "timestamp": record.timestamp = Timestamp(rawValue: try cursor.integer())
            case "partition":
                let number = try cursor.integer()
                guard let index = PartitionIndex(exactly: number), index >= 0 else {
                    throw JSONProblem("\(number) is no partition")
                }
                if template.partition == nil, !repartitions { record.partition = index }
            case "topic", "offset": try cursor.skipValue()
            default: throw JSONProblem("the field \"\(name)\" is unknown; there are \(Self.fields)")
            }
        }
        try cursor.expectEnd()
        guard hasValue else { throw JSONProblem("there is no \"value\"; write null for a tombstone") }
        return record
    }

    /// Headers are objects with a name and a value in an array, or, shorter, one object of names and values.
    private static func headers(_ cursor: inout JSONCursor) throws(JSONProblem) -> [RecordHeader] {
        var headers: [RecordHeader] = []
        if try cursor.isNextObject() {
            try cursor.forEachField { name, cursor throws(JSONProblem) in
                headers.append(RecordHeader(key: name, value: try cursor.bytesOrNull()))
            }
            return headers
        }
        try cursor.forEachElement { cursor throws(JSONProblem) in
            var header = RecordHeader(key: "", value: nil)
            var hasName = false
            try cursor.forEachField { name, cursor throws(JSONProblem) in
                switch name {
                case "name":
                    header.key = String(decoding: try cursor.bytesOrNull() ?? .empty)
                    hasName = true
                case "value": header.value = try cursor.bytesOrNull()
                case "valueBase64": header.value = try cursor.base64OrNull()
                default: throw JSONProblem("a header has name, value or valueBase64, not \"\(name)\"")
                }
            }
            guard hasName else { throw JSONProblem("a header has no \"name\"") }
            headers.append(header)
        }
        return headers
    }
}
