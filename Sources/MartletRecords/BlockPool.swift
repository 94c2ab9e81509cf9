internal import MartletCore
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Keeps large blocks that are no longer used for those who need as much soon. The system takes its time to
/// give memory, and to clean it, so a block that comes back is worth keeping.
///
/// Bounded: what would be more than `capacity` goes back to the system, as do small blocks, which malloc
/// keeps by itself. The rest follows when the pool and all its blocks are gone.
package final class BlockPool: BytesOwner {
    /// Safe to send: each block has one owner, which is the pool while it stands here.
    private struct Blocks: @unchecked Sendable {
        var free: [UnsafeMutableRawBufferPointer] = []
        var byteCount = 0
    }

    private let capacity: Int
    private let blocks = Mutex(Blocks())

    private static let smallestBlock = 32 << 10

    /// - Parameter capacity: Bytes kept at most.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    deinit {
        blocks.withLock { for block in $0.free { free(block.baseAddress) } }
    }

    /// A block from malloc of at least so many bytes, and not many more; nil if there is none.
    func take(_ byteCount: Int) -> UnsafeMutableRawBufferPointer? {
        guard byteCount >= Self.smallestBlock else { return nil }
        return blocks.withLock { blocks in
            // The last one that came is the most likely to be in the processor's cache.
            let index = blocks.free.lastIndex { (byteCount...byteCount * 2).contains($0.count) }
            guard let index else { return nil }
            let block = blocks.free.remove(at: index)
            blocks.byteCount -= block.count
            return block
        }
    }

    /// Takes a block from malloc back.
    package func reclaim(_ memory: UnsafeMutableRawBufferPointer) {
        let isKept = blocks.withLock { blocks in
            guard memory.count >= Self.smallestBlock, blocks.byteCount + memory.count <= capacity else {
                return false
            }
            blocks.free.append(memory)
            blocks.byteCount += memory.count
            return true
        }
        if !isKept { free(memory.baseAddress) }
    }
}
