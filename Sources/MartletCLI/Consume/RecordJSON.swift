internal import Martlet

/// A record as one line of JSON, which `martlet produce --json` reads again.
///
/// Keys and values that are UTF-8 stand as text in `key` and `value`, others as base64 in `keyBase64` and
/// `valueBase64`. Null is null, which is not the same as empty.
enum RecordJSON {
    static func write(_ record: Record, of partition: TopicPartition, to output: inout OutputBuffer) {
        output.line { json in
            json.field("topic", partition.topic.rawValue)
            json.field("partition", partition.partition)
            json.field("offset", record.offset.rawValue)
            json.field("timestamp", record.timestamp.rawValue)
            json.field("key", orBase64: "keyBase64", record.key)
            json.field("value", orBase64: "valueBase64", record.value)
            if record.headers.isEmpty { return }
            json.array("headers", record.headers) { json, header in
                json.field("name", header.key)
                json.field("value", orBase64: "valueBase64", header.value)
            }
        }
    }
}

extension OutputBuffer {
    /// A field whose name tells text from bytes.
    mutating func field(_ textName: StaticString, orBase64 bytesName: StaticString, _ bytes: Bytes?) {
        guard let bytes else {
            key(textName)
            return append("null")
        }
        bytes.withUnsafeBytes { bytes in
            if UTF8Check.isText(bytes) {
                key(textName)
                append(jsonText: bytes)
            } else {
                key(bytesName)
                append(UInt8(ascii: "\""))
                Base64.encode(bytes, into: &self)
                append(UInt8(ascii: "\""))
            }
        }
    }
}
