internal import DequeModule

/// Counts the bytes of a producer's buffer, and keeps those in line who wait for some.
struct BufferAccount {
    private struct Waiter {
        let id: Int
        let byteCount: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    let capacity: Int
    private(set) var used = 0
    /// As many as there are tasks that send; each waits with one record or one portion.
    private var waiters = Deque<Waiter>()
    private var nextID = 0
    /// Out of line and not yet resumed.
    private var granted: [CheckedContinuation<Bool, Never>] = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    var hasGranted: Bool { !granted.isEmpty }
    var hasWaiters: Bool { !waiters.isEmpty }

    /// Takes bytes, unless there are too few or others were there before.
    mutating func take(_ byteCount: Int) -> Bool {
        guard waiters.isEmpty, used + byteCount <= capacity else { return false }
        used += byteCount
        return true
    }

    /// Takes bytes back, and grants them to those who wait, in order.
    mutating func release(_ byteCount: Int) {
        used -= byteCount
        precondition(used >= 0, "more bytes given back than were taken")
        while let first = waiters.first, used + first.byteCount <= capacity {
            used += first.byteCount
            waiters.removeFirst()
            granted.append(first.continuation)
        }
    }

    mutating func makeID() -> Int {
        nextID += 1
        return nextID
    }

    /// Stands in line.
    mutating func wait(for byteCount: Int, id: Int, _ continuation: CheckedContinuation<Bool, Never>) {
        if waiters.isEmpty, used + byteCount <= capacity {
            used += byteCount
            granted.append(continuation)
        } else {
            waiters.append(Waiter(id: id, byteCount: byteCount, continuation: continuation))
        }
    }

    /// Leaves the line; gives the continuation if it was still in it.
    mutating func cancelWait(id: Int) -> CheckedContinuation<Bool, Never>? {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return waiters.remove(at: index).continuation
    }

    /// Sends everybody away.
    mutating func dismissAll() -> [CheckedContinuation<Bool, Never>] {
        defer { waiters.removeAll() }
        return waiters.map(\.continuation)
    }

    /// Those who have got their bytes; to be resumed, outside of the lock.
    mutating func takeGranted() -> [CheckedContinuation<Bool, Never>] {
        guard !granted.isEmpty else { return [] }
        defer { granted = [] }
        return granted
    }
}
