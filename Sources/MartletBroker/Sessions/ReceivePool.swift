internal import MartletCore
internal import Synchronization

/// Memory for received frames: accounted by a budget, and kept for the next frame instead of being given back
/// to the system, since each fresh megabyte costs 256 page faults.
final class ReceivePool: BytesOwner {
    /// Frames below this size are allocated exactly and never kept.
    static let smallestKept = 16 << 10
    /// Larger ones are rare and go back to the system.
    static let largestKept = 16 << 20
    /// What the pool holds at the most while nothing uses it.
    let keptLimit: Int

    let budget: MemoryBudget
    private let kept: Mutex<Kept>

    private struct Kept: @unchecked Sendable {
        // Safe to share: the pool is the only owner of what lies here, and the mutex guards it.
        var bySize: [Int: [UnsafeMutableRawBufferPointer]] = [:]
        var byteCount = 0
    }

    init(budget: MemoryBudget, keptLimit: Int) {
        self.budget = budget
        self.keptLimit = keptLimit
        kept = Mutex(Kept())
    }

    deinit {
        kept.withLock { kept in
            for memory in kept.bySize.values.joined() { memory.deallocate() }
        }
    }

    /// The size that a request for `count` bytes takes: a power of two where the pool keeps it, else just
    /// that.
    static func capacity(for count: Int) -> Int {
        guard count >= smallestKept, count <= largestKept else { return count }
        return 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
    }

    /// Memory for at least `count` bytes, or nil while the budget has none left; then `resume` is called
    /// later.
    func storage(
        for count: Int, connection: ObjectIdentifier, orResume resume: @autoclosure () -> @Sendable () -> Void
    ) -> Bytes.Storage? {
        let capacity = Self.capacity(for: count)
        guard budget.reserve(capacity, for: connection, orResume: resume()) else { return nil }
        return Bytes.Storage(
            memory: takeKept(capacity) ?? .allocate(byteCount: capacity, alignment: 16), owner: self)
    }

    func reclaim(_ memory: UnsafeMutableRawBufferPointer) {
        let count = memory.count
        if !keep(memory) { memory.deallocate() }
        budget.release(count)
    }

    private func takeKept(_ capacity: Int) -> UnsafeMutableRawBufferPointer? {
        guard capacity >= Self.smallestKept else { return nil }
        return kept.withLock { kept -> UncheckedPointer? in
            guard let memory = kept.bySize[capacity]?.popLast() else { return nil }
            kept.byteCount -= capacity
            return UncheckedPointer(memory)
        }?.pointer
    }

    private func keep(_ memory: UnsafeMutableRawBufferPointer) -> Bool {
        let count = memory.count
        guard count >= Self.smallestKept, count <= Self.largestKept, count == Self.capacity(for: count) else {
            return false
        }
        let offered = UncheckedPointer(memory)
        return kept.withLock { kept in
            guard kept.byteCount + count <= keptLimit else { return false }
            kept.byteCount += count
            kept.bySize[count, default: []].append(offered.pointer)
            return true
        }
    }

    /// Carries memory that has exactly one owner across the mutex, which a pointer itself may not do.
    private struct UncheckedPointer: @unchecked Sendable {
        // Safe to share: whoever holds it is the only one that does.
        let pointer: UnsafeMutableRawBufferPointer
        init(_ pointer: UnsafeMutableRawBufferPointer) { self.pointer = pointer }
    }
}
