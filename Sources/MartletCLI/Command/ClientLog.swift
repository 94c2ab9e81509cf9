internal import Logging
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Shows what the client library has to say to the person at the terminal: one line each, and a line that
/// says the same as the one before only once, since a client that waits for a broker repeats itself.
struct ClientLog: LogHandler {
    private final class Last: Sendable {
        let line = Mutex("")
    }

    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let last = Last()

    init(logLevel: Logger.Level) {
        self.logLevel = logLevel
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let details = fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        let line =
            "martlet: \(event.message)" + (details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")
        let isNew = last.line.withLock { last in
            defer { last = line }
            return last != line
        }
        if isNew { try? Descriptor.write(line + "\n", to: STDERR_FILENO) }
    }
}
