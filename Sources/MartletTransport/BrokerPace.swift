internal import Synchronization

/// When a connection may be used next: the broker may have asked for quiet, or for another authentication.
final class BrokerPace: Sendable {
    private struct State {
        var quietUntil: ContinuousClock.Instant?
        var authenticateAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Longest quiet that is kept: a broker has windows of seconds, and what asks for hours is mistaken.
    private static let longestQuiet = Duration.seconds(60)

    /// Until when nothing should be sent; nil for no longer.
    var quietUntil: ContinuousClock.Instant? {
        state.withLock { state in
            guard let instant = state.quietUntil else { return nil }
            if instant > .now { return instant }
            state.quietUntil = nil
            return nil
        }
    }

    func slowDown(for duration: Duration) {
        let instant = ContinuousClock.now + min(duration, Self.longestQuiet)
        state.withLock { $0.quietUntil = max($0.quietUntil ?? instant, instant) }
    }

    /// Whether the session is about to end.
    var needsAuthentication: Bool {
        state.withLock { $0.authenticateAt.map { $0 <= .now } ?? false }
    }

    func authenticate(at instant: ContinuousClock.Instant?) {
        state.withLock { $0.authenticateAt = instant }
    }
}
