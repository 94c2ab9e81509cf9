import CSupervision
import Glibc

/// Waits for descriptors, and gives up when the user asks to stop. All waiting of the runner goes through
/// here, so that every child and every directory is let go of by the ordinary way out.
struct Supervisor {
    private let signals: Int32

    init() throws(Failure) {
        signals = supervision_signal_descriptor()
        if signals < 0 { throw .system("cannot hold back signals", -signals) }
    }

    /// Returns the descriptors that can be read, none of them when the time is over.
    func wait(for descriptors: [Int32], until deadline: UInt64) throws(Failure) -> [Int32] {
        let now = supervision_nanoseconds()
        let left = deadline > now ? Int32(clamping: (deadline - now) / 1_000_000 + 1) : 0
        var polled = ([signals] + descriptors).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let count = poll(&polled, nfds_t(polled.count), left)
        if count < 0 && errno != EINTR { throw .system("poll", errno) }
        if count <= 0 { return [] }
        if polled[0].revents != 0 { throw .interrupted }
        return polled.dropFirst().filter { $0.revents != 0 }.map(\.fd)
    }

    func sleep(seconds: Double) throws(Failure) {
        let deadline = supervision_nanoseconds() + UInt64(seconds * 1e9)
        while supervision_nanoseconds() < deadline { _ = try wait(for: [], until: deadline) }
    }
}
