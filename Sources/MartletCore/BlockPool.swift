#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif
internal import Synchronization

/// Large blocks of memory from malloc that are kept for their next use.
///
/// An allocator gives large blocks back to the system, which hands out cleared pages in their place, one
/// fault at a time: for a batch that is decompressed, read and dropped that costs as much as to decompress
/// it.
///
/// Bounded: at most `capacity` bytes in `maximumCount` blocks are kept, the last that came back. Small blocks
/// pass through, malloc is good at those. The rest follows when the pool and all its blocks are gone.
package final class BlockPool: BytesOwner {
    /// The process's own, for what a client receives: frames of fetches, and what they are decompressed to.
    package static let shared = BlockPool(capacity: 32 << 20)

    /// Below this, malloc keeps memory by itself.
    package static let minimumBlockByteCount = 64 << 10
    /// The search for a block that fits goes through all.
    fileprivate static let maximumCount = 32

    private let capacity: Int
    private let idle = Mutex(Idle())

    fileprivate struct Idle {
        /// Those that came back last are at the end: their memory is the most likely to be in a cache.
        var blocks: [Block] = []
        var byteCount = 0
    }

    // Safe to send: a block is in the pool or with its one owner, never both.
    fileprivate struct Block: @unchecked Sendable {
        let memory: UnsafeMutableRawBufferPointer
    }

    /// - Parameter capacity: Bytes kept at most.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    /// Bytes of the blocks that wait for their next use.
    package var keptByteCount: Int { idle.withLock { $0.byteCount } }

    deinit {
        for block in idle.withLock({ $0.blocks }) { free(block.memory.baseAddress) }
    }

    /// A block of at least so many bytes, and less than twice as many; its contents are undefined. It may be
    /// grown with `realloc`, and goes to `reclaim` or to `free`.
    package func take(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        if byteCount >= Self.minimumBlockByteCount,
            let kept = idle.withLock({ $0.take(byteCount..<byteCount * 2) })
        {
            return kept
        }
        let rounded = Self.rounded(byteCount)
        guard let memory = malloc(rounded) else { preconditionFailure("out of memory") }
        return UnsafeMutableRawBufferPointer(start: memory, count: rounded)
    }

    /// Sizes of large blocks are multiples of an eighth of a power of two, so that one fits the next that is
    /// a little larger. Pages that nobody writes to take no memory.
    private static func rounded(_ byteCount: Int) -> Int {
        guard byteCount >= minimumBlockByteCount, byteCount < Int.max / 2 else { return byteCount }
        let step = 1 << (Int.bitWidth - 1 - byteCount.leadingZeroBitCount - 3)
        return (byteCount + step - 1) & ~(step - 1)
    }

    /// Takes a block back, with the size that it has by now.
    package func reclaim(_ memory: UnsafeMutableRawBufferPointer) {
        // A block larger than half of what is kept would drive out everything else.
        guard memory.count >= Self.minimumBlockByteCount, memory.count <= capacity / 2 else {
            free(memory.baseAddress)
            return
        }
        let surplus = idle.withLock { $0.put(memory, capacity: capacity) }
        for block in surplus { free(block.memory.baseAddress) }
    }
}

extension BlockPool.Idle {
    mutating func take(_ sizes: Range<Int>) -> UnsafeMutableRawBufferPointer? {
        guard let index = blocks.lastIndex(where: { sizes.contains($0.memory.count) }) else { return nil }
        let memory = blocks.remove(at: index).memory
        byteCount -= memory.count
        return memory
    }

    /// - Returns: What there is no more room for: the blocks that nobody has wanted for the longest time.
    mutating func put(
        _ memory: UnsafeMutableRawBufferPointer, capacity: Int
    ) -> [BlockPool.Block] {
        blocks.append(BlockPool.Block(memory: memory))
        byteCount += memory.count
        var surplus: [BlockPool.Block] = []
        while byteCount > capacity || blocks.count > BlockPool.maximumCount {
            let oldest = blocks.removeFirst()
            byteCount -= oldest.memory.count
            surplus.append(oldest)
        }
        return surplus
    }
}
