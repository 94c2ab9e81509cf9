package import MartletCore

/// How a log is opened.
package struct LogOpening: Sendable {
    package var directory: String
    package var topicPartition: TopicPartition
    package var configuration = LogConfiguration()
    package var fileSystem: any FileSystem
    /// The broker stopped in order, and nothing has written since (`DataDirectory.wasCleanShutdown`).
    package var wasCleanShutdown = false
    /// From the data directory's checkpoint: everything below is on disk. Nil if the checkpoint does not know
    /// the log.
    package var recoveryPoint: Offset?
    /// From the data directory's checkpoint: records below were deleted.
    package var logStartOffset: Offset?

    package init(directory: String, topicPartition: TopicPartition, fileSystem: any FileSystem) {
        self.directory = directory
        self.topicPartition = topicPartition
        self.fileSystem = fileSystem
    }
}

extension PartitionLog {
    /// Opens the log of a partition, which is created if it does not exist, and recovers it if it was not
    /// closed.
    ///
    /// Blocks; after a crash for as long as it takes to read what may be torn.
    ///
    /// - Parameter now: The clock; also measures the duration.
    package static func open(
        _ opening: LogOpening, now: () -> Timestamp
    ) throws(LogError) -> sending (log: PartitionLog, summary: RecoverySummary) {
        let started = now()
        var recovery = LogRecovery(opening, now: started)
        do throws(SegmentError) {
            let contents = try recovery.run()
            var summary = recovery.summary
            let log = PartitionLog(
                contents, topicPartition: opening.topicPartition, directory: opening.directory,
                configuration: opening.configuration, fileSystem: opening.fileSystem, now: started)
            summary.start = log.offsets.start
            summary.end = log.offsets.end
            summary.segmentCount = log.segmentCount
            summary.durationMs = now() - started
            return (log, summary)
        } catch {
            throw LogError(error, in: opening.topicPartition)
        }
    }
}
