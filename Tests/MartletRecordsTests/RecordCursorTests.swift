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

/// The cursor reads by pointer, so no check of the language stands between it and what lies behind.
@Suite("Walking over records")
struct RecordCursorTests {
    @Test("cut off anywhere or damaged, records are never read behind their end")
    func staysInside() throws {
        print("MARTLET_FUZZ_SEED=\(FuzzTests.seed)")
        var generator = SplitMix64(seed: FuzzTests.seed)
        for client in ClientBatch.all {
            let batch = try RecordBatch(client.bytes)
            let records = [UInt8](try batch.records().bytes)
            let fence = try Fence(byteCount: records.count)
            fence.withBytes(of: records[...]) { bytes in
                #expect(Self.walk(bytes, batch.header) == Int(batch.header.recordCount))
            }
            for end in records.indices.suffix(2_000) {
                fence.withBytes(of: records[..<end]) { bytes in
                    #expect(Self.walk(bytes, batch.header) == nil)
                }
            }
            for _ in 0..<2_000 {
                var damaged = records
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let place = Int.random(in: damaged.indices, using: &generator)
                    damaged[place] = [0x00, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
                }
                fence.withBytes(of: damaged[...]) { bytes in
                    _ = Self.walk(bytes, batch.header)
                }
            }
        }
    }

    /// How many records there are, nil if they are damaged.
    private static func walk(_ bytes: UnsafeRawBufferPointer, _ header: BatchHeader) -> Int? {
        var cursor = RecordCursor(bytes, header: header)
        var count = 0
        do {
            while let record = try cursor.next() {
                for part in [record.range, record.key, record.value, record.headers] {
                    #expect((part?.upperBound ?? 0) <= bytes.count)
                }
                count += 1
            }
        } catch {
            return nil
        }
        return count
    }
}

/// Memory behind whose last byte lies a page that nobody may touch: reading it ends the process.
private final class Fence {
    private let start: UnsafeMutableRawPointer
    private let byteCount: Int

    init(byteCount: Int) throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        self.byteCount = (byteCount + page - 1) / page * page
        let map = mmap(
            nil, self.byteCount + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        start = try #require(map == MAP_FAILED ? nil : map)
        try #require(mprotect(start + self.byteCount, page, PROT_NONE) == 0)
    }

    deinit { munmap(start, byteCount) }

    /// The bytes, with their end at the fence.
    func withBytes(of bytes: ArraySlice<UInt8>, _ body: (UnsafeRawBufferPointer) -> Void) {
        let place = start + (byteCount - bytes.count)
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { place.copyMemory(from: base, byteCount: source.count) }
        }
        body(UnsafeRawBufferPointer(start: place, count: bytes.count))
    }
}
