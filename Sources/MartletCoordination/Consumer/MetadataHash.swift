internal import MartletCore

/// One number for the names, ids and partition counts of topics: when it changes, a group that reads them has
/// to divide its partitions again. Computed as Kafka does, so that a group that moves here from there need
/// not.
enum MetadataHash {
    /// Stands in front of what is hashed of a topic.
    private static let version: UInt8 = 0

    /// Computed once for each topic of a group and each number of partitions.
    struct OfTopic {
        var partitionCount: Int
        var hash: UInt64
    }

    /// - Parameter topics: In the order of their names. 0 if there are none.
    static func of(_ topics: [TopicCatalogue.Topic]) -> Int64 {
        var cache: [TopicID: OfTopic] = [:]
        return of(topics, cache: &cache)
    }

    /// - Parameter cache: What was computed before; afterwards these topics alone.
    static func of(_ topics: [TopicCatalogue.Topic], cache: inout [TopicID: OfTopic]) -> Int64 {
        var hashes: [TopicID: OfTopic] = [:]
        var bytes: [UInt8] = []
        for topic in topics {
            let known = cache[topic.id].flatMap { $0.partitionCount == topic.partitionCount ? $0 : nil }
            let hash = known ?? OfTopic(partitionCount: topic.partitionCount, hash: hash(topic))
            hashes[topic.id] = hash
            append(hash.hash, to: &bytes)
        }
        cache = hashes
        return topics.isEmpty ? 0 : Int64(bitPattern: XXH3.hash(bytes))
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
