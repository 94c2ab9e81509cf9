/// Waiting times between the attempts at one thing.
struct Backoff {
    private let configuration: RetryConfiguration
    private(set) var attempts = 0

    /// More doublings than any maximum needs.
    private static let maximumDoublings = 20

    init(_ configuration: RetryConfiguration) {
        self.configuration = configuration
    }

    /// Counts a failure; gives the time to wait before the next attempt.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let doublings = min(attempts, Self.maximumDoublings)
        attempts += 1
        let wait = min(configuration.initialBackoff * (1 << doublings), configuration.maximumBackoff)
        let jitter = min(max(configuration.jitter, 0), 1)
        return wait * (1 + Double.random(in: -jitter...jitter, using: &generator))
    }

    mutating func next() -> Duration {
        var generator = SystemRandomNumberGenerator()
        return next(using: &generator)
    }

    mutating func reset() { attempts = 0 }
}
