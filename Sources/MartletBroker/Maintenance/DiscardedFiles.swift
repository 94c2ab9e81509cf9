internal import Logging
internal import MartletCore
internal import MartletLog
internal import Synchronization

/// Files of segments that are gone, which stay for a while for those who look at the directory, and so that a
/// mistake in `retention.ms` can be noticed in time.
final class DiscardedFiles: Sendable {
    private struct Entry {
        var path: String
        var due: Timestamp
    }

    private let entries = Mutex<[Entry]>([])

    func add(_ paths: [String], due: Timestamp) {
        guard !paths.isEmpty else { return }
        entries.withLock { $0 += paths.map { Entry(path: $0, due: due) } }
    }

    /// Whether the time of any has come.
    func areDue(_ now: Timestamp) -> Bool {
        entries.withLock { entries in entries.contains { $0.due <= now } }
    }

    /// Removes those whose time has come, or all of them: when the disk is full, nothing is kept for comfort.
    /// Blocks.
    func removeDue(now: Timestamp, all: Bool, _ fileSystem: any FileSystem, _ logger: Logger) {
        let due = entries.withLock { entries in
            let split = entries.partition { all || $0.due <= now }
            defer { entries.removeSubrange(split...) }
            return entries[split...].map(\.path)
        }
        for path in due {
            do throws(FileSystemError) {
                try fileSystem.removeIfPresent(path)
            } catch {
                logger.warning(
                    "A deleted file could not be removed; the next start tries again.",
                    metadata: ["error": "\(error)"])
            }
        }
    }
}
