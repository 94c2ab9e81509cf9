import Testing

@testable import MartletCore

@Suite struct BlockPoolTests {
    @Test("a large block that came back is handed out again, to whom it fits")
    func reuse() {
        let pool = BlockPool(capacity: 4 << 20)
        let block = pool.take(1_000_000)
        #expect(block.count >= 1_000_000)
        pool.reclaim(block)
        let much = pool.take(1_500_000)
        let little = pool.take(400_000)
        #expect(much.baseAddress != block.baseAddress)
        #expect(little.baseAddress != block.baseAddress)
        let fitting = pool.take(1_000_100)
        #expect(fitting.baseAddress == block.baseAddress)
        for block in [much, little, fitting] { pool.reclaim(block) }
    }

    @Test("what is kept stays within its bound, and is what came last")
    func bound() {
        let pool = BlockPool(capacity: 1 << 20)
        let blocks = (0..<6).map { _ in pool.take(256 << 10) }
        for block in blocks { pool.reclaim(block) }
        let again = (0..<4).map { _ in pool.take(256 << 10).baseAddress }
        #expect(again == blocks.suffix(4).reversed().map(\.baseAddress))
        #expect(pool.keptByteCount == 0)
        // Too large for the pool: kept, it would drive out everything else.
        pool.reclaim(pool.take(768 << 10))
        #expect(pool.keptByteCount == 0)
    }

    @Test("bytes give their block back when the last slice is gone")
    func slices() {
        let pool = BlockPool(capacity: 1 << 20)
        var whole: Bytes? = Bytes(
            storage: Bytes.Storage(memory: pool.take(100_000), owner: pool), start: 0, count: 100_000)
        var slice = whole?[10..<20]
        whole = nil
        #expect(pool.keptByteCount == 0)
        slice = nil
        #expect(pool.keptByteCount >= 100_000)
        _ = slice
    }
}
