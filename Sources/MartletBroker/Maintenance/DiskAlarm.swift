internal import Synchronization

/// Remembers that a write met a full disk, until somebody has made room.
final class DiskAlarm: Sendable {
    private let flag = Atomic(false)

    func raise() { flag.store(true, ordering: .relaxed) }

    /// Whether it was raised since the last time.
    func take() -> Bool { flag.exchange(false, ordering: .relaxed) }
}
