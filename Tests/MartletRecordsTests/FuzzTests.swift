import MartletCore
import MartletRecords
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Damaged and invented input: whatever comes, there is an answer and no trap. `MARTLET_FUZZ_INPUTS` says how
/// many inputs, `MARTLET_FUZZ_SEED` repeats a run.
@Suite("Hostile input")
struct FuzzTests {
    static let inputCount = variable("MARTLET_FUZZ_INPUTS").map { Int($0) } ?? 100_000
    static let seed = variable("MARTLET_FUZZ_SEED") ?? UInt64.random(in: 0...UInt64(UInt32.max))

    @Test("damaged batches of real clients are read or refused")
    func batches() throws {
        print("MARTLET_FUZZ_SEED=\(Self.seed)")
        var generator = SplitMix64(seed: Self.seed)
        let originals = ClientBatch.all.map { [UInt8]($0.bytes) }
        var accepted = 0
        for _ in 0..<Self.inputCount / 2 {
            var bytes = originals[Int.random(in: 0..<originals.count, using: &generator)]
            Self.damage(&bytes, using: &generator)
            // With a checksum that fits, the damage reaches what lies behind it.
            if Bool.random(using: &generator), bytes.count >= BatchHeader.byteCount { bytes.fixChecksum() }
            bytes.withUnsafeBytes { accepted += Self.read($0) }
        }
        #expect(accepted > 0 || Self.inputCount < 1_000)
    }

    @Test("damaged and invented compressed data is read or refused", arguments: CompressionTests.codecs)
    func decompression(compression: Compression) throws {
        var generator = SplitMix64(seed: Self.seed &+ UInt64(compression.rawValue))
        let text = Array(repeatElement("what is compressed ", count: 40).joined().utf8)
        let originals =
            [try CompressionTests.compress(text, compression)]
            + ClientBatch.all.filter {
                $0.compression == compression
            }.map { Array([UInt8]($0.bytes)[BatchHeader.byteCount...]) }
        var output = GrowableBytes(capacity: 1 << 16)
        for round in 0..<Self.inputCount / 8 {
            var bytes = originals[round % originals.count]
            if round % 4 == 0 {
                let count = Int.random(in: 0..<100, using: &generator)
                bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            } else {
                Self.damage(&bytes, using: &generator)
            }
            output.truncate(to: 0)
            bytes.withUnsafeBytes {
                try? compression.decompress($0, into: &output, maximumByteCount: 100_000)
            }
            #expect(output.count <= 100_001)
        }
        #expect(output.capacity <= 1 << 20)
    }

    /// Reads all that can be read, in every way there is; returns how many batches were fine.
    private static func read(_ bytes: UnsafeRawBufferPointer) -> Int {
        var accepted = 0
        do {
            var cursor = BatchCursor(bytes)
            while let element = try cursor.next() {
                let batch = try RecordBatch(Bytes(copying: cursor[element]))
                // Records are read of what is damaged as well: `martlet log dump` does.
                let records = try? batch.records(maximumDecompressedBytes: 100_000).all()
                _ = (batch.header.lastOffset, batch.header.nextOffset, batch.header.nextSequence)
                guard (try? element.header.validate(cursor[element], from: .client)) != nil else { continue }
                guard let records else { continue }
                #expect(records.count == Int(batch.header.recordCount))
                #expect(records.allSatisfy { $0.offset <= batch.header.lastOffset })
                accepted += 1
            }
        } catch {
            _ = error
        }
        return accepted
    }

    static func damage(_ bytes: inout [UInt8], using generator: inout SplitMix64) {
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[position] = UInt8.random(in: .min ... .max, using: &generator)
            case 2: bytes[position] = [0x00, 0x7F, 0x80, 0xFF][Int.random(in: 0..<4, using: &generator)]
            case 3: bytes.insert(UInt8.random(in: .min ... .max, using: &generator), at: position)
            case 4: bytes.remove(at: position)
            default: bytes.removeSubrange(max(position, bytes.count - 8)...)
            }
        }
    }

    private static func variable(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }
}
