import MartletCore
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
    @Test(
        "the vectors of RFC 3720 come out",
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C), ([], 0),
            (Array("123456789".utf8), 0xE306_9283),
        ] as [([UInt8], UInt32)]
    )
    func vectors(bytes: [UInt8], expected: UInt32) {
        bytes.withUnsafeBytes {
            #expect(CRC32C.checksum(of: $0) == expected)
            #expect(CRC32C.portableChecksum(of: $0) == expected)
        }
    }

    @Test(
        "instruction, tables and the definition agree at every alignment and length, in one piece and in two")
    func agreement() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix64(seed: seed)
        let memory = (0..<32_000).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        memory.withUnsafeBytes { memory in
            for round in 0..<400 {
                // Most lengths are around the block sizes, where the way of computing changes.
                let length = round % 8 == 0 ? Int.random(in: 0..<30_000, using: &generator) : round * 9
                let start = Int.random(in: 0..<64, using: &generator)
                let previous = UInt32.random(in: .min ... .max, using: &generator)
                let bytes = UnsafeRawBufferPointer(rebasing: memory[start..<start + length])
                let cut = Int.random(in: 0...length, using: &generator)
                let expected = bitwise(bytes, extending: previous)
                let first = CRC32C.checksum(
                    of: UnsafeRawBufferPointer(rebasing: bytes[..<cut]), extending: previous
                )
                let both = CRC32C.checksum(
                    of: UnsafeRawBufferPointer(rebasing: bytes[cut...]), extending: first)
                #expect(CRC32C.checksum(of: bytes, extending: previous) == expected, "seed \(seed)")
                #expect(CRC32C.portableChecksum(of: bytes, extending: previous) == expected, "seed \(seed)")
                #expect(both == expected, "seed \(seed)")
            }
        }
    }

    private func bitwise(_ bytes: UnsafeRawBufferPointer, extending previous: UInt32) -> UInt32 {
        var crc = ~previous
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = (crc >> 1) ^ (0x82F6_3B78 & (0 &- (crc & 1))) }
        }
        return ~crc
    }
}
