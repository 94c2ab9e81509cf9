package import MartletCore

/// Makes what was appended to a log survive a power cut: taken from the log on its event loop, performed on a
/// thread pool, handed back to `PartitionLog.finishSync`.
package struct SyncRequest: Sendable {
    package let topicPartition: TopicPartition
    /// Everything below is on disk when the request has been performed.
    package let end: Offset
    /// Segments that end here or before are on disk then with all that belongs to them.
    let sealedEnd: Offset
    let files: [any LogFile]
    let directory: String
    let syncsDirectory: Bool
    /// Written first, if the leaders have changed.
    let epochs: LeaderEpochs?
    let fileSystem: any FileSystem

    /// Blocks until all is on disk. Must be performed once: when it has failed, a second attempt could claim
    /// success for bytes that are lost.
    package func perform() throws(LogError) {
        do throws(FileSystemError) {
            if let epochs {
                try fileSystem.ifSpaceAllows { () throws(FileSystemError) in
                    try fileSystem.replace(
                        LeaderEpochs.fileName, in: directory, with: epochs.encoded(), syncingDirectory: false)
                }
            }
            for file in files { try file.sync() }
            if syncsDirectory || epochs != nil { try fileSystem.syncDirectory(directory) }
            try fileSystem.ifSpaceAllows { () throws(FileSystemError) in
                try DurableMark.write(end, in: directory, fileSystem)
            }
        } catch {
            throw .storageFailed(topicPartition, error)
        }
    }
}

/// What has been changed and not yet been synced.
struct DirtyFiles {
    var active = false
    var sealed: [any LogFile] = []
    var directory = false
    var epochs = false

    var isEmpty: Bool { !active && sealed.isEmpty && !directory && !epochs }
}
