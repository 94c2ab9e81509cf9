internal import Synchronization

/// Contexts of a codec's library that come again: a few, and only small ones, so that what an extraordinary
/// batch needed does not stay for ever.
final class CodecContextPool: Sendable {
    /// More threads than this at once make contexts of their own.
    private static let maximumCount = 4
    private static let maximumByteCount = 4 << 20

    private let idle = Mutex<[Context]>([])

    // Safe to send: a context is in the pool or with the one caller that took it, never both, and its library
    // does not care on which thread it is used.
    private struct Context: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    func take() -> OpaquePointer? {
        idle.withLock { $0.popLast() }?.pointer
    }

    func put(_ pointer: OpaquePointer, byteCount: Int, orFree free: (OpaquePointer) -> Void) {
        let context = Context(pointer: pointer)
        let isKept =
            byteCount <= Self.maximumByteCount
            && idle.withLock { idle in
                guard idle.count < Self.maximumCount else { return false }
                idle.append(context)
                return true
            }
        if !isKept { free(pointer) }
    }
}
