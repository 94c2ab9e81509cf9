internal import MartletCore

/// An offset for each partition, as text: a version, 0; the number of lines that follow; then topic,
/// partition and offset, one line each.
enum OffsetCheckpoint {
    static func encode(_ offsets: [TopicPartition: Offset]) -> [UInt8] {
        let lines = offsets.sorted { $0.key < $1.key }.map { partition, offset in
            "\(partition.topic) \(partition.partition) \(offset)\n"
        }
        return Array("0\n\(lines.count)\n\(lines.joined())".utf8)
    }

    /// Nil if the text is damaged.
    static func decode(_ bytes: Bytes) -> [TopicPartition: Offset]? {
        guard let lines = CheckpointLines(bytes) else { return nil }
        var offsets: [TopicPartition: Offset] = [:]
        for fields in lines.fields {
            guard fields.count == 3, let partition = PartitionIndex(fields[1]), let offset = Int64(fields[2]),
                offset >= 0
            else { return nil }
            offsets[TopicPartition(TopicName(fields[0]), partition)] = Offset(rawValue: offset)
        }
        return offsets
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
