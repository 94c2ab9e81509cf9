internal import MartletCore

/// One number for the names, ids and partition counts of topics: when it changes, a group that reads them has
/// to divide its partitions again.
enum MetadataHash {
    /// - Parameter topics: In the order of their names. 0 if there are none.
    static func of(_ topics: [TopicCatalogue.Topic]) -> Int64 {
        guard !topics.isEmpty else { return 0 }
        var hash = FNV()
        for topic in topics {
            hash.add(topic.id.high)
            hash.add(topic.id.low)
            for byte in topic.name.rawValue.utf8 { hash.add(byte) }
            hash.add(UInt64(topic.partitionCount))
        }
        return Int64(bitPattern: hash.value)
    }

    private struct FNV {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325

        mutating func add(_ byte: UInt8) {
            value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }

        mutating func add(_ number: UInt64) {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                add(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
    }
}
