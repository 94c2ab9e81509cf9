public import MartletCore

/// librdkafka's choice, and so that of clients built on it: the CRC-32 of the key, and no opinion on records
/// without a key or with an empty one.
///
/// For services that share keyed topics with such clients.
public struct ConsistentRandomPartitioner: Partitioner {
    public init() {}

    public func partition(topic: TopicName, key: Bytes?, partitionCount: Int32) -> PartitionIndex? {
        guard let key, !key.isEmpty else { return nil }
        let hash = key.withUnsafeBytes { CRC32.checksum(of: $0) }
        return Int32(hash % UInt32(partitionCount))
    }
}

/// The CRC-32 of ISO 3309, as Ethernet and zip use it: polynomial 0x04C11DB7, bits reflected.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB8_8320 }
    }

    static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        let table = table
        var crc = UInt32.max
        for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
        return ~crc
    }
}
