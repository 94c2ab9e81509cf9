internal import MartletCore
internal import MartletLog
internal import Synchronization

/// The broker's data directory: who it belongs to, the directories of partitions in it, and how far each is
/// safe. Every call blocks.
final class BrokerStorage: Sendable {
    let clusterID: String
    private let directory: DataDirectory
    private let checkpoints: Mutex<Checkpoints>

    /// What the checkpoint files say. Whoever writes one holds the lock meanwhile, so that an older state
    /// never replaces a newer one.
    private struct Checkpoints {
        var recoveryPoints: [TopicPartition: Offset]
        var logStartOffsets: [TopicPartition: Offset]
        var cleanedOffsets: [TopicPartition: Offset]
        /// Whose log is open: a point that was noted before a deletion must not count for a later topic.
        var owners: [TopicPartition: TopicID] = [:]
    }

    /// An offset of a topic's partition: how far its log is on disk, or where it starts.
    struct Checkpoint: Sendable {
        let id: TopicPartition
        let topicID: TopicID
        let offset: Offset
    }

    /// Locks the directory, which is created if missing, and checks that it is this broker's.
    init(_ path: String, nodeID: BrokerID, _ fileSystem: any FileSystem) throws {
        directory = try DataDirectory.open(path, fileSystem: fileSystem)
        checkpoints = Mutex(
            Checkpoints(
                recoveryPoints: directory.recoveryPoints, logStartOffsets: directory.logStartOffsets,
                cleanedOffsets: directory.cleanedOffsets))
        if let properties = try directory.metaProperties() {
            guard properties.nodeID == nodeID || properties.nodeID == .none else {
                throw BrokerStartError(
                    "\(path) belongs to broker \(properties.nodeID), but node.id is \(nodeID): set node.id to "
                        + "\(properties.nodeID), or choose another directory with --data-dir."
                )
            }
            clusterID = properties.clusterID
        } else {
            var random = SystemRandomNumberGenerator()
            clusterID = TopicID.random(using: &random).description
            try directory.writeMetaProperties(
                MetaProperties(
                    clusterID: clusterID, nodeID: nodeID,
                    directoryID: TopicID.random(using: &random).description
                )
            )
        }
    }

    var path: String { directory.path }
    var fileSystem: any FileSystem { directory.fileSystem }
    /// What opening the directory has found and done that is worth a line in the log.
    var remarks: [String] { directory.remarks }

    // MARK: Partitions

    /// Opens the log of a partition, which is created if missing, and recovers it if the last stop was not
    /// clean.
    func openPartition(
        _ id: TopicPartition, topicID: TopicID?, _ configuration: LogConfiguration, now: () -> Timestamp
    ) throws -> sending (log: PartitionLog, summary: RecoverySummary) {
        let found = try directory.topicID(of: id)
        if let found, let topicID, found != topicID {
            throw ForeignDirectoryError(path: directory.directory(of: id), found: found, expected: topicID)
        }
        var opening = directory.opening(id, configuration)
        // The directory knows what was so at the start; the partition may have been deleted since.
        (opening.recoveryPoint, opening.logStartOffset) = checkpoints.withLock {
            ($0.recoveryPoints[id], $0.logStartOffsets[id])
        }
        var isNoted = found != nil
        if !isNoted, let topicID, try !directory.fileSystem.exists(opening.directory) {
            // What the checkpoints say is of an earlier topic of that name, which was deleted in the moment
            // of a crash.
            (opening.recoveryPoint, opening.logStartOffset) = (nil, nil)
            try forget([id])
            try directory.create(id, of: topicID)
            isNoted = true
        }
        let opened = try PartitionLog.open(opening, now: now)
        if !isNoted, let topicID { try directory.writeTopicID(topicID, of: id) }
        checkpoints.withLock { $0.owners[id] = topicID }
        return opened
    }

    /// Takes partitions that are about to be deleted out of the checkpoints: a new topic of the same name
    /// would be missing all that the old one had.
    func forget(_ ids: [TopicPartition]) throws(FileSystemError) {
        try checkpoints.withLock { state throws(FileSystemError) in
            let known = (
                state.recoveryPoints.count, state.logStartOffsets.count, state.cleanedOffsets.count
            )
            for id in ids {
                state.owners[id] = nil
                state.recoveryPoints[id] = nil
                state.logStartOffsets[id] = nil
                state.cleanedOffsets[id] = nil
            }
            if state.recoveryPoints.count != known.0 {
                try directory.writeRecoveryPoints(state.recoveryPoints)
            }
            if state.logStartOffsets.count != known.1 {
                try directory.writeLogStartOffsets(state.logStartOffsets)
            }
            if state.cleanedOffsets.count != known.2 {
                try directory.writeCleanedOffsets(state.cleanedOffsets)
            }
        }
    }

    /// Deletes a partition's directory, if there is one.
    func deletePartition(_ id: TopicPartition, of topicID: TopicID) throws(FileSystemError) {
        guard try directory.fileSystem.exists(directory.directory(of: id)) else { return }
        try directory.delete(id, unique: "\(topicID)\(id.partition)")
    }

    /// Deletes what is left of topics that were deleted when the broker could not go through with it. Their
    /// names would not be free otherwise.
    func deleteRemains(of removed: [TopicID: TopicName]) throws {
        guard !removed.isEmpty else { return }
        let names = Set(removed.values)
        for id in try directory.partitions() where names.contains(id.topic) {
            guard let topicID = try directory.topicID(of: id), removed[topicID] != nil else { continue }
            try forget([id])
            try deletePartition(id, of: topicID)
        }
    }

    /// Directories of partitions that the metadata does not know: never deleted, since they may be all that
    /// is left of someone's data.
    func strays(knowing image: MetadataImage) throws(FileSystemError) -> [TopicPartition] {
        try directory.partitions { id in
            guard id != LocalMetadataStore.topicPartition else { return false }
            return image.topics[id.topic]?.partitions.indices.contains(Int(id.partition)) != true
        }
    }

    // MARK: Checkpoints

    /// Notes from where recovery must read each of these logs after a crash.
    func checkpoint(_ points: [Checkpoint]) throws(FileSystemError) {
        try checkpoints.withLock { state throws(FileSystemError) in
            var isNews = false
            for point in points where state.owners[point.id] == point.topicID {
                if state.recoveryPoints.updateValue(point.offset, forKey: point.id) != point.offset {
                    isNews = true
                }
            }
            // An idle broker leaves the disk alone.
            guard isNews else { return }
            try directory.writeRecoveryPoints(state.recoveryPoints)
        }
    }

    /// Notes where these logs start: when this returns, what lies below stays deleted.
    func noteLogStarts(_ starts: [Checkpoint]) throws(FileSystemError) {
        try checkpoints.withLock { state throws(FileSystemError) in
            var isNews = false
            for start in starts where state.owners[start.id] == start.topicID {
                guard start.offset > state.logStartOffsets[start.id] ?? 0 else { continue }
                state.logStartOffsets[start.id] = start.offset
                isNews = true
            }
            if isNews { try directory.writeLogStartOffsets(state.logStartOffsets) }
        }
    }

    /// Notes up to where a log is compact.
    func noteCleaned(_ point: Checkpoint) throws(FileSystemError) {
        try checkpoints.withLock { state throws(FileSystemError) in
            guard state.owners[point.id] == point.topicID else { return }
            state.cleanedOffsets[point.id] = point.offset
            try directory.writeCleanedOffsets(state.cleanedOffsets)
        }
    }

    /// Up to where the log is compact; nil if nobody knows.
    func cleanedOffset(of id: TopicPartition) -> Offset? {
        checkpoints.withLock { $0.cleanedOffsets[id] }
    }

    /// The last act: notes where every log ends and, if all are on disk, that the stop was clean.
    ///
    /// - Parameter unclean: Logs that could not be closed, or never were opened.
    func close(
        _ ends: [TopicPartition: Offset], unclean: [TopicPartition], isClean: Bool
    ) throws(FileSystemError) {
        try checkpoints.withLock { state throws(FileSystemError) in
            state.recoveryPoints.merge(ends) { _, end in end }
            try directory.writeRecoveryPoints(state.recoveryPoints)
        }
        if isClean { try directory.writeCleanShutdownMarker(except: unclean) }
    }

    /// Lets another broker have the directory.
    func unlock() {
        directory.unlock()
    }
}

/// A partition's directory was made for another topic of the same name, so its data is not this topic's.
struct ForeignDirectoryError: Error, CustomStringConvertible {
    let path: String
    let found: TopicID
    let expected: TopicID

    var description: String {
        "\(path) holds data of topic id \(found), not of \(expected): move it away if the topic of now should begin empty"
    }
}
