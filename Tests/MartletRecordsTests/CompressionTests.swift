import MartletCore
import MartletRecords
import Testing

@Suite("Compression")
struct CompressionTests {
    static let codecs = Compression.allCases.filter { $0 != .none }

    static func compress(_ input: [UInt8], _ compression: Compression, level: Int32? = nil) throws -> [UInt8]
    {
        var output = GrowableBytes()
        try input.withUnsafeBytes { try compression.compress($0, into: &output, level: level) }
        return [UInt8](output.bytes)
    }

    static func decompress(
        _ input: [UInt8], _ compression: Compression, maximumByteCount: Int = 1 << 26
    ) throws -> [UInt8] {
        [UInt8](
            try input.withUnsafeBytes { try compression.decompress($0, maximumByteCount: maximumByteCount) }
        )
    }

    @Test("gives back what went in, whatever its size and level", arguments: codecs)
    func roundTrip(compression: Compression) throws {
        var generator = SplitMix64(seed: 7)
        for size in [0, 1, 61, 1_000, 65_535, 65_536, 65_537, 600_000] {
            // Half of it compresses, half of it does not.
            let input = (0..<size).map { index in
                index % 512 < 256 ? UInt8(index % 7) : UInt8.random(in: .min ... .max, using: &generator)
            }
            let compressed = try Self.compress(input, compression)
            #expect(try Self.decompress(compressed, compression, maximumByteCount: size) == input)
            if size > 0 {
                #expect(throws: RecordError.decompressedTooLarge(maximumByteCount: size - 1)) {
                    try Self.decompress(compressed, compression, maximumByteCount: size - 1)
                }
            }
        }
        if let levels = compression.levels {
            let input = [UInt8](repeating: 9, count: 10_000)
            for level in [levels.lowerBound, 1, levels.upperBound] {
                #expect(
                    try Self.decompress(Self.compress(input, compression, level: level), compression) == input
                )
            }
        }
    }

    @Test("takes streams that follow one another as one", arguments: codecs)
    func concatenated(compression: Compression) throws {
        let parts = try ["one ", "", "two ", "three"].map { try Self.compress(Array($0.utf8), compression) }
        #expect(try Self.decompress(Array(parts.joined()), compression) == Array("one two three".utf8))
    }

    @Test("refuses a stream that is cut off anywhere, or has something else behind it", arguments: codecs)
    func cutOff(compression: Compression) throws {
        let compressed = try Self.compress((0..<300).map { UInt8($0 % 61) }, compression)
        let whole = compression == .snappy ? 16 : -1
        for end in 0..<compressed.count where end != whole {
            #expect(throws: RecordError.corruptCompressedData(compression)) {
                try Self.decompress(Array(compressed[..<end]), compression)
            }
        }
        #expect(throws: RecordError.corruptCompressedData(compression)) {
            try Self.decompress(compressed + [1, 2, 3, 4, 5, 6, 7, 8], compression)
        }
    }

    @Test("a damaged stream leaves nothing behind for the next one", arguments: codecs)
    func afterDamage(compression: Compression) throws {
        let input = (0..<200_000).map { UInt8($0 % 251) }
        let compressed = try Self.compress(input, compression)
        for end in stride(from: 1, to: compressed.count, by: max(1, compressed.count / 50)) {
            #expect(throws: RecordError.self) { try Self.decompress(Array(compressed[..<end]), compression) }
            #expect(try Self.decompress(compressed, compression) == input)
            #expect(try Self.compress(input, compression) == compressed)
        }
    }

    @Test("stops at the bound however much a bomb would yield, in memory to match", arguments: codecs)
    func bomb(compression: Compression) throws {
        let bound = 1 << 20
        let single = try Self.compress([UInt8](repeating: 0, count: 64 << 20), compression)
        var gigabyte: [UInt8] = []
        for _ in 0..<16 { gigabyte += single }
        for bomb in [single, gigabyte] {
            var output = GrowableBytes()
            #expect(throws: RecordError.decompressedTooLarge(maximumByteCount: bound)) {
                try bomb.withUnsafeBytes {
                    try compression.decompress($0, into: &output, maximumByteCount: bound)
                }
            }
            #expect(output.capacity <= 4 * bound)
        }
    }

    @Test("takes no memory for a length that a snappy block only announces")
    func announced() throws {
        // Four gigabytes from one byte.
        let lie: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00]
        #expect(throws: RecordError.corruptCompressedData(.snappy)) {
            try Self.decompress(lie, .snappy, maximumByteCount: Int(UInt32.max))
        }
    }

    @Test("names are those of the configuration")
    func names() {
        #expect(Compression.allCases.map(\.description) == ["none", "gzip", "snappy", "lz4", "zstd"])
        #expect(Compression.allCases.allSatisfy { Compression($0.description) == $0 })
        #expect(Compression("brotli") == nil)
    }
}
