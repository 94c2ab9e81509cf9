/// Time of a run, in nanoseconds since it began. Producers and consumers of a run share it, so that the time
/// in a record means the same to both.
struct RunClock: Sendable {
    let origin: ContinuousClock.Instant
    /// What happens before is not measured.
    let measureStart: Int64
    /// When to stop; nil if something else decides.
    let deadline: Int64?

    init(origin: ContinuousClock.Instant = .now, warmUp: Duration = .zero, duration: Duration? = nil) {
        self.origin = origin
        let start = Self.nanoseconds(warmUp)
        measureStart = start
        deadline = duration.map { start + Self.nanoseconds($0) }
    }

    var now: Int64 { nanoseconds(at: .now) }

    func nanoseconds(at instant: ContinuousClock.Instant) -> Int64 {
        Self.nanoseconds(origin.duration(to: instant))
    }

    func instant(at nanoseconds: Int64) -> ContinuousClock.Instant { origin + .nanoseconds(nanoseconds) }

    /// Whether what happened then counts.
    func measures(_ nanoseconds: Int64) -> Bool {
        nanoseconds >= measureStart && nanoseconds <= deadline ?? .max
    }

    static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
