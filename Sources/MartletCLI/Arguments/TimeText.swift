internal import ArgumentParser
internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Points in time as the command line has them: `2025-11-21`, `2025-11-21T08:30:00Z`, `…+02:00`, milliseconds
/// since 1970, `-1h` before now, or `now`. Without a zone, UTC is meant.
enum TimeText {
    static let expectation =
        "write 2025-11-21, 2025-11-21T08:30:00Z, milliseconds since 1970, -1h (before now) or now"

    static func parse(_ text: some StringProtocol, now: Timestamp = .current()) throws -> Timestamp {
        guard let timestamp = timestamp(Substring(text), now: now) else {
            throw ValidationError("\"\(text)\" is no time; \(expectation)")
        }
        return timestamp
    }

    private static func timestamp(_ text: Substring, now: Timestamp) -> Timestamp? {
        if text == "now" { return now }
        if text.first == "-" { return DurationText.milliseconds(text.dropFirst()).map { now - $0 } }
        if !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) {
            return Int64(text).map { Timestamp(rawValue: $0) }
        }
        return CalendarTime(text)?.timestamp
    }
}

extension Timestamp {
    static func current() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(rawValue: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
