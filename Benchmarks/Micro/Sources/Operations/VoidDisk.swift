import MartletLog

/// A disk that forgets everything at once and costs nothing: what is left is what the log itself does.
struct VoidDisk: FileSystem {
    func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any LogFile { VoidFile(path) }
    func list(_ directory: String) throws(FileSystemError) -> [String] { [] }
    func createDirectory(_ path: String) throws(FileSystemError) {}
    func remove(_ path: String) throws(FileSystemError) {}
    func rename(_ path: String, to newPath: String) throws(FileSystemError) {}
    func syncDirectory(_ path: String) throws(FileSystemError) {}
    func syncAll(_ path: String) throws(FileSystemError) -> Bool { true }
    func kind(of path: String) throws(FileSystemError) -> FileKind? { nil }
    func lock(_ path: String) throws(FileSystemError) -> (any FileLock)? { nil }
    func availableByteCount(at path: String) throws(FileSystemError) -> Int64 { .max }
    func totalByteCount(at path: String) throws(FileSystemError) -> Int64 { .max }
}

private final class VoidFile: LogFile {
    let path: String
    var descriptor: CInt? { nil }

    init(_ path: String) { self.path = path }

    func write(_ bytes: UnsafeRawBufferPointer, at position: Int64) throws(FileSystemError) {}
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(FileSystemError) -> Int {
        0
    }
    func size() throws(FileSystemError) -> Int64 { 0 }
    func truncate(to size: Int64) throws(FileSystemError) {}
    func sync() throws(FileSystemError) {}
    func preallocate(_ range: Range<Int64>) throws(FileSystemError) -> Bool { false }
    func writeBack(_ range: Range<Int64>, wait: Bool) throws(FileSystemError) {}
    func dropCache(_ range: Range<Int64>) {}
}
