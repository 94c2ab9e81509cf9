internal import MartletCore
internal import MartletLog
internal import Synchronization

/// The broker's data directory: who it belongs to, the directories of partitions in it, and how far each is
/// safe. Every call blocks.
final class BrokerStorage: Sendable {
    let clusterID: String
    private let directory: DataDirectory
    private let recoveryPoints: Mutex<[TopicPartition: Offset]>

    /// Locks the directory, which is created if missing, and checks that it is this broker's.
    init(_ path: String, nodeID: BrokerID, _ fileSystem: any FileSystem) throws {
        directory = try DataDirectory.open(path, fileSystem: fileSystem)
        recoveryPoints = Mutex(directory.recoveryPoints)
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
        let opened = try PartitionLog.open(directory.opening(id, configuration), now: now)
        if found == nil, let topicID { try directory.writeTopicID(topicID, of: id) }
        return opened
    }

    /// Deletes a partition's directory, if there is one.
    func deletePartition(_ id: TopicPartition, of topicID: TopicID) throws(FileSystemError) {
        recoveryPoints.withLock { $0[id] = nil }
        guard try directory.fileSystem.exists(directory.directory(of: id)) else { return }
        try directory.delete(id, unique: "\(topicID)\(id.partition)")
    }

    /// Directories of partitions that the metadata does not know: never deleted, since they may be all that
    /// is left of someone's data.
    func strays(knowing image: MetadataImage) throws(FileSystemError) -> [TopicPartition] {
        try directory.partitions().filter { id in
            guard id != LocalMetadataStore.topicPartition else { return false }
            return image.topics[id.topic]?.partitions.indices.contains(Int(id.partition)) != true
        }
    }

    // MARK: Checkpoints

    /// Notes from where recovery must read each of these logs after a crash.
    func checkpoint(_ points: [TopicPartition: Offset]) throws(FileSystemError) {
        let all = recoveryPoints.withLock { known in
            known.merge(points) { _, new in new }
            return known
        }
        try directory.writeRecoveryPoints(all)
    }

    /// The last act: notes where every log ends and, if all are on disk, that the stop was clean.
    func close(_ ends: [TopicPartition: Offset], isClean: Bool) throws(FileSystemError) {
        try checkpoint(ends)
        if isClean { try directory.writeCleanShutdownMarker() }
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
