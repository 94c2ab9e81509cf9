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
    private let bytesPerSecond: Double
    private let busyBytesPerSecond: Double
    private let isBusy: @Sendable () -> Bool
    /// When the bytes taken so far are paid for.
    private let due = Mutex(ContinuousClock.now)

    /// A pause must end soon when the log is closed meanwhile.
    private static let longestPause = Duration.milliseconds(100)

    /// Below this a pause costs more than it gives.
    private static let shortestPause = Duration.milliseconds(5)

    /// - Parameters:
    ///   - busyBytesPerSecond: The bound while `isBusy` says that others need the machine.
    package init(
        bytesPerSecond: Double, busyBytesPerSecond: Double = .infinity,
        isBusy: @escaping @Sendable () -> Bool = { false }
    ) {
        precondition(
            bytesPerSecond > 0 && busyBytesPerSecond > 0, "maintenance that may do nothing would never end")
        self.bytesPerSecond = bytesPerSecond
        self.busyBytesPerSecond = busyBytesPerSecond
        self.isBusy = isBusy
    }

    /// Blocks as long as more was taken than time has passed for.
    func take(_ byteCount: Int, _ cancellation: MaintenanceCancellation) throws(MaintenanceError) {
        guard !cancellation.isCancelled else { throw .cancelled }
        let rate = isBusy() ? min(bytesPerSecond, busyBytesPerSecond) : bytesPerSecond
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
