internal import MartletCore

/// An offset for each partition, as text: a version, 0; the number of lines that follow; then topic,
/// partition and offset, one line each.
///
/// The last line has the form of the others and holds a checksum of all before it. Apache Kafka takes it for
/// a partition that is not there, and leaves it out of what it writes.
enum OffsetCheckpoint {
    /// No topic can have this name.
    private static let checksumName = "#crc32c"

    static func encode(_ offsets: [TopicPartition: Offset]) -> [UInt8] {
        let lines = offsets.sorted { $0.key < $1.key }.map { partition, offset in
            "\(partition.topic) \(partition.partition) \(offset)\n"
        }
        let text = Array("0\n\(lines.count + 1)\n\(lines.joined())".utf8)
        return text + "\(checksumName) 0 \(text.withUnsafeBytes { CRC32C.checksum(of: $0) })\n".utf8
    }

    /// Nil if the text is damaged.
    static func decode(_ bytes: Bytes) -> [TopicPartition: Offset]? {
        guard let lines = CheckpointLines(bytes) else { return nil }
        var offsets: [TopicPartition: Offset] = [:]
        for fields in lines.fields {
            guard fields.count == 3, let partition = PartitionIndex(fields[1]), let offset = Int64(fields[2]),
                offset >= 0
            else { return nil }
            if fields[0] == checksumName {
                guard offset == checksum(of: bytes) else { return nil }
            } else {
                offsets[TopicPartition(TopicName(fields[0]), partition)] = Offset(rawValue: offset)
            }
        }
        return offsets
    }

    /// Of all but the last line.
    private static func checksum(of bytes: Bytes) -> Int64 {
        bytes.withUnsafeBytes { bytes in
            let end = bytes.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            return Int64(CRC32C.checksum(of: UnsafeRawBufferPointer(rebasing: bytes[..<end])))
        }
    }
}

/// `partition.metadata`: which topic a partition's directory belongs to.
enum PartitionMetadata {
    static let fileName = "partition.metadata"

    static func encode(_ id: TopicID) -> [UInt8] {
        Array("version: 0\ntopic_id: \(id)".utf8)
    }

    static func decode(_ bytes: Bytes) -> TopicID? {
        for line in String(decoding: bytes).split(whereSeparator: \.isNewline) {
            let fields = line.split(separator: " ")
            if fields.count == 2, fields[0] == "topic_id:" { return TopicID(String(fields[1])) }
        }
        return nil
    }
}
