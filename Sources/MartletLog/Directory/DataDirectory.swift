package import MartletCore
internal import Synchronization

/// The directory that holds all logs of a broker, laid out as Apache Kafka lays out its own.
///
/// Blocks in every call: belongs on a thread pool.
package final class DataDirectory: Sendable {
    package let path: String
    package let fileSystem: any FileSystem
    /// The last broker closed all its logs. Known only at the start: the marker is removed then.
    package let wasCleanShutdown: Bool
    /// Those whose logs were not closed although the stop was in order.
    private let unclean: Set<TopicPartition>
    /// Of each log, the offset below which everything is on disk, as of the last checkpoint.
    package let recoveryPoints: [TopicPartition: Offset]
    /// Of each log, the offset below which records were deleted, as of the last checkpoint.
    package let logStartOffsets: [TopicPartition: Offset]
    /// Of each compacted log, the offset up to which it is compact, as of the last checkpoint.
    package let cleanedOffsets: [TopicPartition: Offset]
    /// What was found at the start that is worth a line in the log, but no reason to stop.
    package let remarks: [String]
    private let lock: Mutex<(any FileLock)?>

    package static let lockFile = ".lock"
    private static let cleanShutdownFile = ".kafka_cleanshutdown"
    private static let recoveryPointFile = "recovery-point-offset-checkpoint"
    private static let cleanerOffsetFile = "cleaner-offset-checkpoint"
    private static let logStartOffsetFile = "log-start-offset-checkpoint"
    private static let uncleanFile = "martlet-unclean-partitions"
    private static let deletedSuffix = "-delete"

    /// Opens the directory, which is created if missing, and locks it against other brokers.
    package static func open(
        _ path: String, fileSystem: any FileSystem
    ) throws(DataDirectoryError) -> DataDirectory {
        let lock: (any FileLock)?
        do throws(FileSystemError) {
            // A directory that has an owner is on the disk, with all that lead to it.
            if try !fileSystem.exists(join(path, MetaProperties.fileName)) {
                try fileSystem.createDirectories(path)
            }
            lock = try fileSystem.lock(join(path, lockFile))
        } catch {
            throw .storage(error)
        }
        guard let lock else { throw .inUse(path) }
        do throws(FileSystemError) {
            return try DataDirectory(path, fileSystem, lock)
        } catch {
            throw .storage(error)
        }
    }

    private init(_ path: String, _ fileSystem: any FileSystem, _ lock: any FileLock) throws(FileSystemError) {
        self.path = path
        self.fileSystem = fileSystem
        self.lock = Mutex(lock)
        let marker = join(path, Self.cleanShutdownFile)
        let isMarkedClean = try fileSystem.exists(marker)
        if isMarkedClean {
            try fileSystem.remove(marker)
            try fileSystem.syncDirectory(path)
        }
        var remarks: [String] = []
        func checkpoint(_ name: String) throws(FileSystemError) -> [TopicPartition: Offset] {
            guard let text = try fileSystem.contents(of: join(path, name)) else { return [:] }
            if let offsets = OffsetCheckpoint.decode(text) { return offsets }
            remarks.append("\(join(path, name)) is damaged and not used: the logs tell most of it themselves")
            return [:]
        }
        recoveryPoints = try checkpoint(Self.recoveryPointFile)
        logStartOffsets = try checkpoint(Self.logStartOffsetFile)
        cleanedOffsets = try checkpoint(Self.cleanerOffsetFile)
        let remarkCount = remarks.count
        unclean = Set(try checkpoint(Self.uncleanFile).keys)
        // Which logs were not clean is not known if that one is damaged: then none was.
        wasCleanShutdown = isMarkedClean && remarks.count == remarkCount
        for name in try fileSystem.list(path) where name.hasSuffix(Self.deletedSuffix) && name.contains(".") {
            try fileSystem.removeDirectory(join(path, name))
            remarks.append("removed \(join(path, name)), which a deleted topic had left")
        }
        self.remarks = remarks
    }

    /// Lets another broker have the directory; the last thing to do with it.
    package func unlock() {
        lock.withLock { $0 = nil }
    }

    // MARK: Partitions

    /// The partitions that have a directory here, in order.
    ///
    /// - Parameter matches: Which of them are wanted; the others are not looked at.
    package func partitions(
        where matches: (TopicPartition) -> Bool = { _ in true }
    ) throws(FileSystemError) -> [TopicPartition] {
        var found: [TopicPartition] = []
        for name in try fileSystem.list(path) {
            guard let partition = TopicPartition(directoryName: name), matches(partition),
                try fileSystem.kind(of: join(path, name)) == .directory
            else { continue }
            found.append(partition)
        }
        return found.sorted()
    }

    package func directory(of partition: TopicPartition) -> String { join(path, partition.description) }

    /// How to open the log of a partition here.
    package func opening(_ partition: TopicPartition, _ configuration: LogConfiguration) -> LogOpening {
        var opening = LogOpening(
            directory: directory(of: partition), topicPartition: partition, fileSystem: fileSystem)
        opening.configuration = configuration
        opening.wasCleanShutdown = wasCleanShutdown && !unclean.contains(partition)
        opening.recoveryPoint = recoveryPoints[partition]
        opening.logStartOffset = logStartOffsets[partition]
        return opening
    }

    /// Deletes a partition for good. Its name is free as soon as this begins to delete, so a topic of the
    /// same name can be created; if the broker stops in the middle, the next start goes on.
    ///
    /// - Parameter unique: Something that no other deletion of the same partition has used.
    package func delete(_ partition: TopicPartition, unique: String) throws(FileSystemError) {
        let directory = directory(of: partition)
        // Kafka's form. Names are limited to 255 bytes, topics to 249.
        let suffix = "." + unique + Self.deletedSuffix
        let name = String(partition.description.prefix(255 - suffix.utf8.count)) + suffix
        try fileSystem.rename(directory, to: join(path, name))
        try fileSystem.syncDirectory(path)
        try fileSystem.removeDirectory(join(path, name))
    }

    /// Reads the id of the topic that the partition's directory belongs to; nil if it has none, or a damaged
    /// one.
    package func topicID(of partition: TopicPartition) throws(FileSystemError) -> TopicID? {
        try fileSystem.contents(of: join(directory(of: partition), PartitionMetadata.fileName))
            .flatMap(PartitionMetadata.decode)
    }

    /// Makes the directory of a new partition, with the id of its topic in it. Opening the log in it has both
    /// survive a power cut.
    package func create(_ partition: TopicPartition, of id: TopicID) throws(FileSystemError) {
        let directory = directory(of: partition)
        try fileSystem.createDirectory(directory)
        try fileSystem.replace(
            PartitionMetadata.fileName, in: directory, with: PartitionMetadata.encode(id),
            syncingDirectory: false)
    }

    /// Notes the topic's id in the partition's directory, which exists.
    package func writeTopicID(_ id: TopicID, of partition: TopicPartition) throws(FileSystemError) {
        try fileSystem.replace(
            PartitionMetadata.fileName, in: directory(of: partition), with: PartitionMetadata.encode(id))
    }

    // MARK: Checkpoints

    /// Notes from where recovery must read the logs if the broker does not stop in order. Write it now and
    /// then: it bounds what a start after a crash must read.
    package func writeRecoveryPoints(_ offsets: [TopicPartition: Offset]) throws(FileSystemError) {
        try fileSystem.replace(Self.recoveryPointFile, in: path, with: OffsetCheckpoint.encode(offsets))
    }

    /// Notes below which offsets records were deleted, for the logs where that is not the start of a segment.
    package func writeLogStartOffsets(_ offsets: [TopicPartition: Offset]) throws(FileSystemError) {
        try fileSystem.replace(Self.logStartOffsetFile, in: path, with: OffsetCheckpoint.encode(offsets))
    }

    /// Notes how far the logs are compact. If it is lost, compaction begins anew.
    package func writeCleanedOffsets(_ offsets: [TopicPartition: Offset]) throws(FileSystemError) {
        try fileSystem.replace(Self.cleanerOffsetFile, in: path, with: OffsetCheckpoint.encode(offsets))
    }

    /// The last act of a broker: all logs are closed and on disk.
    ///
    /// - Parameter unclean: Those that are not: the next start recovers them, and only them.
    package func writeCleanShutdownMarker(
        except unclean: [TopicPartition] = []
    ) throws(FileSystemError) {
        let exceptions = Dictionary(unclean.map { ($0, Offset(0)) }) { first, _ in first }
        try fileSystem.replace(Self.uncleanFile, in: path, with: OffsetCheckpoint.encode(exceptions))
        try fileSystem.replace(
            Self.cleanShutdownFile, in: path, with: Array(#"{"version":"0","broker_epoch":"-1"}"#.utf8))
    }

    /// Who owns the directory; nil if nobody ever did.
    package func metaProperties() throws(FileSystemError) -> MetaProperties? {
        try fileSystem.contents(of: join(path, MetaProperties.fileName)).map(MetaProperties.init)
    }

    package func writeMetaProperties(_ properties: MetaProperties) throws(FileSystemError) {
        try fileSystem.replace(MetaProperties.fileName, in: path, with: properties.encoded())
    }
}

package enum DataDirectoryError: Error, Hashable, Sendable {
    /// Another broker has it.
    case inUse(String)
    case storage(FileSystemError)
}

extension DataDirectoryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .inUse(let path):
            "\(path) is in use by another broker: stop that one, or choose another directory with --data-dir"
        case .storage(let error): error.description
        }
    }
}

extension FileSystem {
    /// Creates a directory and those above it, and sees to it that a power cut leaves them: what is synced in
    /// a directory is lost with it.
    func createDirectories(_ path: String) throws(FileSystemError) {
        let above = parent(of: path)
        let isThere = try kind(of: path) == .directory
        if above != path && above != "." { try createDirectories(above) }
        if isThere {
            // Somebody else's, perhaps made a moment ago, perhaps not for us to read. More cannot be done.
            try? syncDirectory(above)
        } else {
            try createDirectory(path)
            try syncDirectory(above)
        }
    }

    /// Removes a directory and the files in it.
    func removeDirectory(_ path: String) throws(FileSystemError) {
        for name in try list(path) {
            try remove(join(path, name))
        }
        try remove(path)
    }
}

extension TopicPartition {
    /// Reads `topic-partition`. Nil for other names, such as those of deleted partitions.
    package init?(directoryName name: String) {
        guard let dash = name.lastIndex(of: "-") else { return nil }
        let digits = name[name.index(after: dash)...]
        let topic = TopicName(name[..<dash])
        guard topic.isValid, digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let partition = PartitionIndex(digits)
        else { return nil }
        self.init(topic, partition)
    }
}
