internal import MartletCore

/// One number for the names, ids and partition counts of topics: when it changes, a group that reads them has
/// to divide its partitions again. Computed as Kafka does, so that a group that moves here from there need
/// not.
enum MetadataHash {
    /// Stands in front of what is hashed of a topic.
    private static let version: UInt8 = 0

    /// - Parameter topics: In the order of their names. 0 if there are none.
    static func of(_ topics: [TopicCatalogue.Topic]) -> Int64 {
        guard !topics.isEmpty else { return 0 }
        var bytes: [UInt8] = []
        for topic in topics { append(hash(topic), to: &bytes) }
        return Int64(bitPattern: XXH3.hash(bytes))
    }

    private static func hash(_ topic: TopicCatalogue.Topic) -> UInt64 {
        let characters = Array(topic.name.rawValue.utf16)
        var bytes: [UInt8] = [version]
        append(topic.id.high, to: &bytes)
        append(topic.id.low, to: &bytes)
        for character in characters { append(character, to: &bytes) }
        append(UInt32(characters.count), to: &bytes)
        append(UInt32(topic.partitionCount), to: &bytes)
        // Behind each partition the racks of its replicas would stand.
        for partition in 0..<UInt32(topic.partitionCount) { append(partition, to: &bytes) }
        return XXH3.hash(bytes)
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
