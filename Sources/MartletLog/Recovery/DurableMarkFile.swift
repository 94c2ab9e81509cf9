internal import MartletCore
internal import Synchronization

/// The mark of a log that is in use. It stays open once it was written, as that is done after each sync: a
/// log that was given its descriptor needs no other to go on.
final class DurableMarkFile: Sendable {
    private let directory: String
    private let fileSystem: any FileSystem
    private let opened = Mutex<(any LogFile)?>(nil)

    init(_ directory: String, _ fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// Blocks. The calls for one log come one after the other.
    func write(_ offset: Offset, syncing: Bool = false) throws(FileSystemError) {
        let file = try open()
        try file.write(DurableMark.encode(offset), at: 0)
        if syncing { try file.sync() }
    }

    private func open() throws(FileSystemError) -> any LogFile {
        try opened.withLock { opened throws(FileSystemError) in
            if let opened { return opened }
            let file = try fileSystem.open(join(directory, DurableMark.fileName), .createIfMissing)
            opened = file
            return file
        }
    }
}
