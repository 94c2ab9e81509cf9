package import MartletCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Memory that grows at its end and becomes a `Bytes` without a copy.
///
/// Growing doubles, so what is taken stays within twice what was written. Memory comes from malloc: large
/// blocks are then grown by moving pages instead of bytes.
package struct GrowableBytes: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    package private(set) var capacity: Int
    package private(set) var count = 0
    /// Where large blocks come from and go to; nil for malloc alone.
    private let pool: BlockPool?

    private static let minimumCapacity = 256

    package init(capacity: Int = minimumCapacity, pool: BlockPool? = nil) {
        self.pool = pool
        (memory, self.capacity) = Self.allocate(max(capacity, Self.minimumCapacity), from: pool)
    }

    deinit {
        // Handed over.
        if capacity == 0 { return }
        owner.reclaim(UnsafeMutableRawBufferPointer(start: memory, count: capacity))
    }

    private var owner: any BytesOwner { pool ?? MallocOwner.shared }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }
    package var mutableBytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: memory, count: count)
    }

    /// Room for at least `byteCount` further bytes. What is written there counts once `didAppend` says so.
    @inline(__always)
    package mutating func reserve(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        if capacity - count < byteCount { grow(by: byteCount) }
        return UnsafeMutableRawBufferPointer(start: memory + count, count: capacity - count)
    }

    @inline(__always)
    package mutating func didAppend(_ byteCount: Int) {
        precondition(byteCount >= 0 && byteCount <= capacity - count, "appended more than there was room for")
        count += byteCount
    }

    package mutating func append(_ source: UnsafeRawBufferPointer) {
        reserve(source.count).copyMemory(from: source)
        didAppend(source.count)
    }

    /// Drops what stands behind the first `count` bytes, and keeps the memory.
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "a cut can only shorten")
        self.count = count
    }

    /// Hands over what was written, and begins again with a block of the same size.
    package mutating func take() -> Bytes {
        guard count > capacity / 2 else {
            // Copying little is cheaper than a large block, which the copy would also keep from being used
            // again.
            let copy = Bytes(copying: bytes)
            count = 0
            return copy
        }
        let taken = UnsafeMutableRawBufferPointer(start: memory, count: capacity)
        let result = Bytes(
            storage: Bytes.Storage(memory: taken, owner: owner), start: 0, count: count
        )
        (memory, capacity) = Self.allocate(capacity, from: pool)
        count = 0
        return result
    }

    /// Hands the memory over for good, without what it did not need. A block for the pool stays as it is, so
    /// that it fits the next that is alike, unless most of it would be kept for nothing.
    package consuming func finish() -> Bytes {
        let isWorthKeeping = pool == nil ? capacity - count <= count / 8 : count > capacity / 4
        if !isWorthKeeping, let smaller = realloc(memory, max(count, 1)) {
            memory = smaller
            capacity = max(count, 1)
        }
        let taken = UnsafeMutableRawBufferPointer(start: memory, count: capacity)
        capacity = 0
        return Bytes(storage: Bytes.Storage(memory: taken, owner: owner), start: 0, count: count)
    }

    @inline(never)
    private mutating func grow(by byteCount: Int) {
        let (needed, overflow) = count.addingReportingOverflow(byteCount)
        precondition(!overflow, "no memory is that large")
        let doubled = capacity > Int.max / 2 ? needed : capacity * 2
        capacity = max(needed, doubled)
        memory = Self.checked(realloc(memory, capacity))
    }

    private static func allocate(
        _ byteCount: Int, from pool: BlockPool?
    ) -> (UnsafeMutableRawPointer, capacity: Int) {
        guard let pool else { return (checked(malloc(byteCount)), byteCount) }
        let block = pool.take(byteCount)
        return (checked(block.baseAddress), block.count)
    }

    private static func checked(_ memory: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer {
        guard let memory else { preconditionFailure("out of memory") }
        return memory
    }
}

// Safe to send: the value cannot be copied, and it alone has the pointer until the memory is handed over.
extension GrowableBytes: @unchecked Sendable {}

/// Gives blocks of `GrowableBytes` back to malloc.
private final class MallocOwner: BytesOwner {
    static let shared = MallocOwner()

    func reclaim(_ memory: UnsafeMutableRawBufferPointer) {
        free(memory.baseAddress)
    }
}
