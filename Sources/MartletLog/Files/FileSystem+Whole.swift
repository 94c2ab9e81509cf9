package import MartletCore

extension FileSystem {
    /// The whole file; nil if there is none.
    package func contents(of path: String) throws(FileSystemError) -> Bytes? {
        let file: any LogFile
        do throws(FileSystemError) {
            file = try open(path, .readOnly)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
        let storage = Bytes.Storage(capacity: Int(try file.size()))
        let count = try file.read(into: storage.memory, at: 0)
        return Bytes(storage: storage, start: 0, count: count)
    }

    /// Writes a file whole, so that after a power cut there is either the old one or the new.
    ///
    /// - Parameter directory: Synced in the end, or else the old file may come back, which is whole too.
    package func replace(
        _ name: String, in directory: String, with contents: [UInt8], syncingDirectory: Bool = true
    ) throws(FileSystemError) {
        let path = join(directory, name)
        let temporary = path + temporarySuffix
        let file = try open(temporary, .replace)
        try file.write(contents, at: 0)
        try file.sync()
        try rename(temporary, to: path)
        if syncingDirectory { try syncDirectory(directory) }
    }

    /// Does what only makes later starts faster, and does without it if the disk is full: that must not keep
    /// a log from being opened, or synced.
    func ifSpaceAllows(_ body: () throws(FileSystemError) -> Void) throws(FileSystemError) {
        do {
            try body()
        } catch {
            guard error.isOutOfSpace else { throw error }
        }
    }

    /// Removes a file if it is there.
    package func removeIfPresent(_ path: String) throws(FileSystemError) {
        do throws(FileSystemError) {
            try remove(path)
        } catch {
            guard error.isMissing else { throw error }
        }
    }
}

extension LogFile {
    package func write(_ contents: [UInt8], at position: Int64) throws(FileSystemError) {
        let result: Result<Void, FileSystemError> = contents.withUnsafeBytes { bytes in
            Result { () throws(FileSystemError) in try write(bytes, at: position) }
        }
        try result.get()
    }
}

/// Ends the names of files that are being written; after a crash they are left over.
let temporarySuffix = ".tmp"
