#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A line on the terminal that tells how far a long job is. Silent without a terminal, and for short jobs.
struct ProgressLine {
    private static let patience = Duration.seconds(1)
    private static let interval = Duration.milliseconds(250)

    private let isVisible = Terminal.isError
    private var nextUpdate = ContinuousClock.now + patience
    private var width = 0

    mutating func show(_ meter: Meter) {
        show { meter.summary("so far", after: meter.elapsed) }
    }

    /// - Parameter line: Asked for only if it is time to show it.
    mutating func show(_ line: () -> String) {
        guard isVisible, ContinuousClock.now >= nextUpdate else { return }
        nextUpdate = .now + Self.interval
        // What goes on in a second line could not be taken back.
        let text = String(line().prefix(Terminal.columns - 1))
        let padding = String(repeating: " ", count: max(0, width - text.utf8.count))
        width = text.utf8.count
        try? Descriptor.write("\r" + text + padding, to: STDERR_FILENO)
    }

    mutating func clear() {
        guard width > 0 else { return }
        try? Descriptor.write("\r" + String(repeating: " ", count: width) + "\r", to: STDERR_FILENO)
        width = 0
    }
}
