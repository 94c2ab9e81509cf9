/// Where logs live: a disk, or a simulation of one.
///
/// All calls block. Reads and writes of a few megabytes may be made from an event loop, as they end in the
/// page cache; `LogFile.sync`, `syncDirectory`, `remove` and anything that touches many files belong on a
/// thread pool. Paths are absolute or relative to the process, with `/` between their parts.
package protocol FileSystem: Sendable {
    /// Opens a file. It is closed when the last reference to it is gone, so whoever holds one can still read
    /// it after it was removed or renamed.
    func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any LogFile
    /// Names of what is in the directory, sorted; without `.` and `..`.
    func list(_ directory: String) throws(FileSystemError) -> [String]
    /// Creates one directory, whose parent exists; does nothing if it is there.
    func createDirectory(_ path: String) throws(FileSystemError)
    /// Removes a file or an empty directory.
    func remove(_ path: String) throws(FileSystemError)
    /// Renames within one file system; replaces a file at the new path, atomically.
    func rename(_ path: String, to newPath: String) throws(FileSystemError)
    /// Makes what was created, renamed and removed in the directory survive a power cut.
    func syncDirectory(_ path: String) throws(FileSystemError)
    /// Makes all that was written, created, renamed and removed in the file system that holds the path
    /// survive a power cut, in one go. False if it cannot, so that each file must be synced by itself.
    ///
    /// For many small files that prove themselves by checksums: Linux before 5.8 does not tell of what could
    /// not be written.
    func syncAll(_ path: String) throws(FileSystemError) -> Bool
    /// What stands at the path; nil if nothing does.
    func kind(of path: String) throws(FileSystemError) -> FileKind?
    /// Locks the file at the path, which is created if missing, against every other process and every other
    /// caller in this one. Nil if someone else holds it. Released when the last reference is gone.
    func lock(_ path: String) throws(FileSystemError) -> (any FileLock)?
    /// Bytes that can still be written to the file system that holds the path.
    func availableByteCount(at path: String) throws(FileSystemError) -> Int64
    /// Bytes of the file system that holds the path, used and unused.
    func totalByteCount(at path: String) throws(FileSystemError) -> Int64
}

extension FileSystem {
    package func exists(_ path: String) throws(FileSystemError) -> Bool { try kind(of: path) != nil }
}

package enum FileKind: Sendable {
    case file, directory
}

package enum OpenMode: Sendable {
    /// The file must exist; nothing is changed through it.
    case readOnly
    /// The file must exist.
    case readWrite
    /// Created if missing.
    case createIfMissing
    /// Created if missing, emptied otherwise.
    case replace
}

/// An open file. Reads and writes name their position, so threads may share it: one writer, any number of
/// readers.
package protocol LogFile: AnyObject, Sendable {
    var path: String { get }
    /// For `sendfile`; nil if there is no such thing as a descriptor, as in a simulation.
    var descriptor: CInt? { get }
    /// Writes all the bytes or throws. After an error some of them may have been written.
    func write(_ bytes: UnsafeRawBufferPointer, at position: Int64) throws(FileSystemError)
    /// Fills the buffer as far as the file goes; the count is smaller only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(FileSystemError) -> Int
    func size() throws(FileSystemError) -> Int64
    /// Cuts the file, or extends it with zeros.
    func truncate(to size: Int64) throws(FileSystemError)
    /// Makes what was written, and the size, survive a power cut (`fdatasync`). After an error nothing is
    /// known of the bytes that were not yet synced: a second call may claim success while they are lost.
    func sync() throws(FileSystemError)
    /// Extends the file with zeros that have their place on disk already, so that filling them in costs no
    /// growth. False if the file system cannot do that.
    func preallocate(_ range: Range<Int64>) throws(FileSystemError) -> Bool
    /// Starts writing the range to disk, and waits for it if told so. Not a sync: it promises nothing.
    func writeBack(_ range: Range<Int64>, wait: Bool) throws(FileSystemError)
    /// Lets go of the page cache behind the range, as far as it is clean.
    func dropCache(_ range: Range<Int64>)
    /// Whether reading the range need not wait for the disk, as far as a few looks into the page cache tell.
    /// True where nobody knows. May be called on an event loop.
    func isCached(_ range: Range<Int64>) -> Bool
    /// Has the system begin to read the range into the page cache. Advice: it promises nothing. May wait
    /// while the disk has too much to do.
    func readAhead(_ range: Range<Int64>)
}

extension LogFile {
    package func isCached(_ range: Range<Int64>) -> Bool { true }
    package func readAhead(_ range: Range<Int64>) {}
}

/// Holds a lock for as long as it is referenced.
package protocol FileLock: AnyObject, Sendable {}

/// What a call to the system answered.
package struct FileSystemError: Error, Hashable, Sendable {
    package enum Operation: String, Sendable, CaseIterable {
        case open, read, write, sync, size, truncate, preallocate, writeBack = "write back", list
        case createDirectory = "create directory", remove, rename, syncDirectory = "sync directory"
        case inspect, lock
    }

    package var operation: Operation
    package var path: String
    package var errno: CInt

    package init(_ operation: Operation, _ path: String, errno: CInt) {
        self.operation = operation
        self.path = path
        self.errno = errno
    }
}
