/// MurmurHash2 in the variant, and with the seed, by which Kafka's clients map keys to partitions.
package enum Murmur2 {
    private static let seed: UInt32 = 0x9747_B28C
    private static let multiplier: UInt32 = 0x5BD1_E995
    private static let shift: UInt32 = 24

    package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var hash = seed ^ UInt32(truncatingIfNeeded: bytes.count)
        let wordBytes = bytes.count & ~3
        var position = 0
        while position < wordBytes {
            var word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            word = word &* multiplier
            word ^= word >> shift
            word = word &* multiplier
            hash = hash &* multiplier ^ word
            position += 4
        }
        if position < bytes.count {
            var tail: UInt32 = 0
            for (index, byte) in bytes[position...].enumerated() {
                tail |= UInt32(byte) << UInt32(8 * index)
            }
            hash = (hash ^ tail) &* multiplier
        }
        hash ^= hash >> 13
        hash = hash &* multiplier
        return hash ^ hash >> 15
    }
}
