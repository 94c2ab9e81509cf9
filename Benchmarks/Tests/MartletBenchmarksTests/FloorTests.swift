import CBenchmarkBase
import Testing

/// What both C programs stand on: were it wrong, the floor would be too low or too high without anybody
/// seeing it.
@Suite struct FloorTests {
    @Test("the fast CRC-32C is the CRC-32C by definition, for every length around its lanes")
    func checksum() {
        let bytes = (0..<30_000).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 7) }
        for length in Array(0..<64) + Array(760...780) + Array(12_280...12_300) + [bytes.count] {
            #expect(crc32c(bytes, length) == crc32c_by_definition(bytes, length), "\(length) bytes")
        }
        #expect(crc32c(Array("123456789".utf8), 9) == 0xE306_9283)
    }

    @Test("a batch is as large as allowed, valid as built, and invalid with one bit turned")
    func batches() {
        var batch = batch_build(1 << 20, 1024)
        defer { batch_free(&batch) }
        #expect(batch.length <= 1 << 20 && batch.length > 1 << 20 - 1100)
        #expect(batch_is_valid(batch.bytes, batch.length) == 1)
        batch.bytes[batch.length / 2] ^= 4
        #expect(batch_is_valid(batch.bytes, batch.length) == 0)
    }

    @Test("events differ from each other, and their keys come again in turn")
    func events() throws {
        var shape = event_shape(batches: 3, events_per_batch: 2, keys: 4)
        let batches = try #require(event_batches(&shape))
        defer { event_batches_free(batches, 3) }
        let texts = (0..<3).map { index in
            let batch = batches[index]
            #expect(batch_is_valid(batch.bytes, batch.length) == 1)
            #expect(batch.records == 2 && batch.value_bytes > 300 && batch.value_bytes < 600)
            return String(
                decoding: UnsafeBufferPointer(start: batch.bytes, count: batch.length), as: UTF8.self)
        }
        #expect(texts[0].contains("user-00000001") && texts[1].contains("user-00000003"))
        #expect(texts[2].contains("user-00000001") && !texts[2].contains("user-00000003"))
        #expect(texts[0].suffix(200) != texts[2].suffix(200))
    }

    @Test("a consumer steps over whole batches and leaves the one that is cut off")
    func walk() {
        var batch = batch_build(4096, 100)
        defer { batch_free(&batch) }
        let once = UnsafeBufferPointer(start: batch.bytes, count: batch.length)
        let fetched = Array(once) + Array(once.dropLast())
        var next: Int64 = 0
        #expect(batches_walk(fetched, fetched.count, &next) == batch.length)
        #expect(next == Int64(batch.records))
    }

    @Test("a quantile is right to one part in a hundred")
    func quantiles() {
        var histogram = histogram()
        for value in 1...100_000 { histogram_add(&histogram, UInt64(value) * 10) }
        for share in [0.5, 0.9, 0.99, 0.999] {
            let found = Double(histogram_quantile(&histogram, share)) / (share * 1_000_000)
            #expect(abs(found - 1) < 0.01, "\(share)")
        }
        #expect(histogram_quantile(&histogram, 1) == 1_000_000)
    }
}
