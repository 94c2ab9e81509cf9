internal import MartletCore
internal import NIOCore

/// Time that only goes forward, at its own pace: when the system's clock is set, no member is taken for dead
/// and no group lives for ever.
struct SteadyClock: Sendable {
    private let base: Timestamp
    private let started = NIODeadline.now()

    init(from base: Timestamp) { self.base = base }

    func now() -> Timestamp { base + (NIODeadline.now() - started).nanoseconds / 1_000_000 }
}
