internal import Synchronization

/// Has maintenance make room at once when a write met a full disk.
///
/// Nobody looks at it now and then: whoever makes room waits for `news`, and sleeps until there is some.
final class DiskAlarm: Sendable {
    /// Something happens whenever there may be work: a write met a full disk, or `nudge` was called. What
    /// comes while nobody waits is one piece of news. For one reader.
    let news: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation
    private let flag = Atomic(false)

    init() {
        (news, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func raise() {
        flag.store(true, ordering: .relaxed)
        bell.yield()
    }

    /// Wakes the reader without an alarm: there is something else to remove.
    func nudge() { bell.yield() }

    /// Whether it was raised since the last time.
    func take() -> Bool { flag.exchange(false, ordering: .relaxed) }
}
