internal import Martlet
internal import MartletCore

/// Makes records of what is read: what the flags say of all of them, and how key and value share a line.
struct RecordTemplate: Sendable {
    var topic: TopicName
    var partition: PartitionIndex?
    var key: Bytes?
    var headers: [RecordHeader] = []
    var timestamp: Timestamp?
    /// The part of a line before its first occurrence is the key.
    var keySeparator: [UInt8]?
    /// A key or value that reads like this is null.
    var null: [UInt8]?

    func record(_ line: Bytes) -> ProducerRecord {
        var value: Bytes? = line
        var key = key
        if let keySeparator, let position = Self.find(keySeparator, in: line) {
            key = unlessNull(line[0..<position])
            value = line[position + keySeparator.count..<line.count]
        }
        if null != nil { value = value.flatMap(unlessNull) }
        return ProducerRecord(
            topic: topic, partition: partition, key: key, value: value, headers: headers, timestamp: timestamp
        )
    }

    private func unlessNull(_ bytes: Bytes) -> Bytes? {
        guard let null, bytes.count == null.count else { return bytes }
        return bytes.withUnsafeBytes { $0.elementsEqual(null) } ? nil : bytes
    }

    private static func find(_ separator: [UInt8], in line: Bytes) -> Int? {
        line.withUnsafeBytes { line in
            guard let first = separator.first, line.count >= separator.count else { return nil }
            for index in 0...(line.count - separator.count) where line[index] == first {
                if line[index..<index + separator.count].elementsEqual(separator) { return index }
            }
            return nil
        }
    }
}
