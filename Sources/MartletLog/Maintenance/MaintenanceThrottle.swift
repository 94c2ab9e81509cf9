internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Bounds what all maintenance of a broker reads and writes per second, so that producers and consumers do
/// not feel it.
package final class MaintenanceThrottle: Sendable {
    private let bytesPerSecond: @Sendable () -> Double
    /// When the bytes taken so far are paid for.
    private let due = Mutex(ContinuousClock.now)

    /// A pause must end soon when the log is closed meanwhile.
    private static let longestPause = Duration.milliseconds(100)

    /// Below this a pause costs more than it gives.
    private static let shortestPause = Duration.milliseconds(5)

    /// - Parameter bytesPerSecond: The bound of the moment, asked for at each step; above zero.
    package init(bytesPerSecond: @escaping @Sendable () -> Double) {
        self.bytesPerSecond = bytesPerSecond
    }

    package convenience init(bytesPerSecond: Double) {
        precondition(bytesPerSecond > 0, "maintenance that may do nothing would never end")
        self.init { bytesPerSecond }
    }

    /// Blocks as long as more was taken than time has passed for.
    func take(_ byteCount: Int, _ cancellation: MaintenanceCancellation) throws(MaintenanceError) {
        guard !cancellation.isCancelled else { throw .cancelled }
        let rate = bytesPerSecond()
        guard rate < 1e15 else { return }
        let end = due.withLock { due in
            due = max(due, .now) + .seconds(Double(byteCount) / rate)
            return due
        }
        guard ContinuousClock.now.duration(to: end) > Self.shortestPause else { return }
        while true {
            let rest = ContinuousClock.now.duration(to: end)
            guard rest > .zero else { return }
            guard !cancellation.isCancelled else { throw .cancelled }
            let pause = min(rest, Self.longestPause)
            usleep(useconds_t(pause / .microseconds(1)) + 1)
        }
    }
}
