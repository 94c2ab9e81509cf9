import MartletCore
import NIOCore
import Testing

@testable import MartletBroker

@Suite("Frames are cut from a stream of bytes")
struct FrameAssemblerTests {
    private static let connection = ObjectIdentifier(FrameAssemblerTests.self)

    private static func pool(budget: Int = 64 << 20) -> ReceivePool {
        ReceivePool(budget: MemoryBudget(limit: budget), keptLimit: 8 << 20)
    }

    private static func wire(_ frames: [[UInt8]]) -> ByteBuffer {
        var buffer = ByteBuffer()
        for frame in frames {
            buffer.writeInteger(Int32(frame.count))
            buffer.writeBytes(frame)
        }
        return buffer
    }

    @Test("frames come out whole and in order, however the stream is cut", arguments: 0..<50)
    func anyCut(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let frames = (0..<20).map { _ in
            [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: Self.size(&random))
        }
        var stream = Self.wire(frames)
        var assembler = FrameAssembler(pool: Self.pool(), maximumFrameByteCount: 1 << 20)
        var seen: [[UInt8]] = []
        while stream.readableBytes > 0 {
            let count = min(stream.readableBytes, Int.random(in: 1...100_000, using: &random))
            guard var piece = stream.readSlice(length: count) else { break }
            drain: while true {
                switch assembler.next(from: &piece, connection: Self.connection, orResume: {}) {
                case .frame(let frame): seen.append([UInt8](frame))
                case .needsInput: break drain
                case .needsMemory, .invalidLength: Issue.record("seed \(seed): unexpected step"); return
                }
            }
        }
        #expect(seen == frames, "seed \(seed)")
        #expect(!assembler.isInsideFrame)
    }

    private static func size(_ random: inout SplitMix) -> Int {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: 0
        case 1: Int.random(in: 1...100, using: &random)
        case 2: Int.random(in: 1_000...70_000, using: &random)
        default: Int.random(in: 70_000...400_000, using: &random)
        }
    }

    @Test("announcing a large frame takes no more memory than what has arrived justifies")
    func memoryFollowsBytes() {
        let pool = Self.pool()
        var assembler = FrameAssembler(pool: pool, maximumFrameByteCount: 100 << 20)
        var announcement = ByteBuffer()
        announcement.writeInteger(Int32(90 << 20))
        announcement.writeBytes([1, 2, 3])
        guard
            case .needsInput = assembler.next(from: &announcement, connection: Self.connection, orResume: {})
        else {
            Issue.record("the frame cannot be complete")
            return
        }
        #expect(assembler.isInsideFrame)
        #expect(pool.budget.reserved <= FrameAssembler.initialByteCount)
    }

    @Test(
        "a length that is negative or above the limit is refused", arguments: [Int32(-1), .min, 1_025, .max])
    func lengths(length: Int32) {
        var assembler = FrameAssembler(pool: Self.pool(), maximumFrameByteCount: 1_024)
        var buffer = ByteBuffer(integer: length)
        guard
            case .invalidLength(length) = assembler.next(
                from: &buffer, connection: Self.connection, orResume: {})
        else {
            Issue.record("length \(length) was taken")
            return
        }
    }

    @Test("a frame that found no memory is completed when memory is there again")
    func waitsForMemory() {
        let pool = Self.pool(budget: 100_000)
        let other = ObjectIdentifier(MemoryBudget.self)
        // Another connection is beyond the limit already, so nobody else may be.
        let reserved = [90_000, 20_000].map { pool.budget.reserve($0, for: other, orResume: {}) }
        #expect(reserved == [true, true])
        var assembler = FrameAssembler(pool: pool, maximumFrameByteCount: 1 << 20)
        var input = Self.wire([[UInt8](repeating: 7, count: 30_000)])
        let woken = Flag()
        guard
            case .needsMemory = assembler.next(
                from: &input, connection: Self.connection, orResume: { woken.set() })
        else {
            Issue.record("there was memory beyond the budget")
            return
        }
        pool.budget.release(110_000)
        #expect(woken.isSet)
        guard case .frame(let frame) = assembler.next(from: &input, connection: Self.connection, orResume: {})
        else {
            Issue.record("the frame was lost")
            return
        }
        #expect([UInt8](frame) == [UInt8](repeating: 7, count: 30_000))
    }

    @Test("memory of a frame returns to the budget when its last slice is gone")
    func memoryReturns() {
        let pool = Self.pool()
        var assembler = FrameAssembler(pool: pool, maximumFrameByteCount: 1 << 20)
        var input = Self.wire([[UInt8](repeating: 7, count: 500_000)])
        do {
            guard
                case .frame(let frame) = assembler.next(
                    from: &input, connection: Self.connection, orResume: {})
            else {
                Issue.record("no frame")
                return
            }
            let slice = frame[10..<20]
            #expect(slice.count == 10)
            #expect(pool.budget.reserved > 0)
        }
        #expect(pool.budget.reserved == 0)
    }
}
