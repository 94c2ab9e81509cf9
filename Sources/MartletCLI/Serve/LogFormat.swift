internal import ArgumentParser
internal import Logging

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// How log lines look.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case text
    /// One JSON object per line, for log collectors.
    case json

    func logger(level: Logger.Level) -> Logger {
        Logger(label: "martlet") { _ in
            LineLogHandler(format: self, logLevel: level)
        }
    }
}

/// Writes each message as one line to standard error, with one system call, so that lines of several threads
/// do not mix.
struct LineLogHandler: LogHandler {
    let format: LogFormat
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let merged = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
        let fields = merged.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let line =
            switch format {
            case .text: Self.text(event.level, "\(event.message)", fields)
            case .json: Self.json(event.level, "\(event.message)", fields)
            }
        StandardError.write(line)
    }

    static func text(_ level: Logger.Level, _ message: String, _ fields: [(String, String)]) -> String {
        var line = "\(timestamp()) \(level.rawValue) \(message)"
        for (key, value) in fields {
            let needsQuotes = value.contains(" ") || value.contains("\"") || value.contains("\n")
            line += " \(key)=\(needsQuotes ? JSONText.quoted(value) : value)"
        }
        return line + "\n"
    }

    static func json(_ level: Logger.Level, _ message: String, _ fields: [(String, String)]) -> String {
        var line =
            "{\"time\":\"\(timestamp())\",\"level\":\"\(level.rawValue)\",\"message\":\(JSONText.quoted(message))"
        for (key, value) in fields { line += ",\(JSONText.quoted(key)):\(JSONText.quoted(value))" }
        return line + "}\n"
    }

    /// UTC to the millisecond, in the form of RFC 3339.
    private static func timestamp() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        var seconds = time.tv_sec
        gmtime_r(&seconds, &parts)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date =
            "\(parts.tm_year + 1900)-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
        let clock =
            "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
        return "\(date)T\(clock).\(padded(time.tv_nsec / 1_000_000, 3))Z"
    }
}
