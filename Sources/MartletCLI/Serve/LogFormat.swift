internal import ArgumentParser
internal import Logging
internal import MartletCore

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
        let fields = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
        var line = OutputBuffer()
        line.append(
            event: "\(event.message)", level: event.level, fields.sorted { $0.key < $1.key }, at: .now(),
            format)
        // Nobody is left to tell if standard error is gone.
        try? line.withBytes { bytes throws(StreamError) in try Descriptor.write(bytes, to: STDERR_FILENO) }
    }
}

extension OutputBuffer {
    /// One line of the log.
    mutating func append(
        event message: String, level: Logger.Level, _ fields: [(key: String, value: Logger.MetadataValue)],
        at time: Timestamp, _ format: LogFormat
    ) {
        switch format {
        case .text:
            append("\(CalendarTime(time)) \(level.rawValue) \(message)")
            for (key, value) in fields { append(field: key, "\(value)") }
            append("\n")
        case .json:
            line { json in
                json.field("time", "\(CalendarTime(time))")
                json.field("level", level.rawValue)
                json.field("message", message)
                for (key, value) in fields {
                    json.append(",")
                    json.append(json: key)
                    json.append(":")
                    json.append(json: "\(value)")
                }
            }
        }
    }

    /// `key=value`, in quotes where the value has what would confuse a reader of fields.
    private mutating func append(field key: String, _ value: String) {
        append(" \(key)=")
        if value.utf8.contains(where: { $0 <= UInt8(ascii: " ") || $0 == UInt8(ascii: "\"") }) {
            append(json: value)
        } else {
            append(value)
        }
    }
}
