#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The file system of the machine.
package struct PosixFileSystem: FileSystem {
    package init() {}

    package func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any LogFile {
        let flags: CInt =
            switch mode {
            case .readOnly: O_RDONLY
            case .readWrite: O_RDWR
            case .createIfMissing: O_RDWR | O_CREAT
            case .replace: O_RDWR | O_CREAT | O_TRUNC
            }
        let descriptor = try retrying(.open, path) { openFile(path, flags | O_CLOEXEC, 0o644) }
        return PosixFile(path: path, owning: descriptor)
    }

    package func list(_ directory: String) throws(FileSystemError) -> [String] {
        guard let stream = opendir(directory) else { throw FileSystemError(.list, directory, errno: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw FileSystemError(.list, directory, errno: errno) }
        return names.sorted()
    }

    package func createDirectory(_ path: String) throws(FileSystemError) {
        guard mkdir(path, 0o755) != 0 else { return }
        let reason = errno
        if reason == EEXIST, try kind(of: path) == .directory { return }
        throw FileSystemError(.createDirectory, path, errno: reason)
    }

    package func remove(_ path: String) throws(FileSystemError) {
        _ = try retrying(.remove, path) { removePath(path) }
    }

    package func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        _ = try retrying(.rename, path) { renamePath(path, newPath) }
    }

    package func syncDirectory(_ path: String) throws(FileSystemError) {
        let descriptor = try retrying(.syncDirectory, path) {
            openFile(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }
        defer { closeDescriptor(descriptor) }
        _ = try retrying(.syncDirectory, path) { fsync(descriptor) }
    }

    package func syncAll(_ path: String) throws(FileSystemError) -> Bool {
        #if os(Linux)
            guard let syncFileSystem = LinuxCalls.syncFileSystem else { return false }
            let descriptor = try retrying(.sync, path) {
                openFile(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
            }
            defer { closeDescriptor(descriptor) }
            _ = try retrying(.sync, path) { syncFileSystem(descriptor) }
            return true
        #else
            return false
        #endif
    }

    package func kind(of path: String) throws(FileSystemError) -> FileKind? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw FileSystemError(.inspect, path, errno: errno)
        }
        return status.st_mode & S_IFMT == S_IFDIR ? .directory : .file
    }

    package func lock(_ path: String) throws(FileSystemError) -> (any FileLock)? {
        let descriptor = try retrying(.lock, path) { openFile(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644) }
        // flock, not fcntl: it also excludes a second broker in this process, and another descriptor of the
        // file that is closed somewhere does not release it.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            closeDescriptor(descriptor)
            if reason == EWOULDBLOCK { return nil }
            throw FileSystemError(.lock, path, errno: reason)
        }
        return PosixLock(owning: descriptor)
    }

    package func availableByteCount(at path: String) throws(FileSystemError) -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw FileSystemError(.inspect, path, errno: errno) }
        return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    package func totalByteCount(at path: String) throws(FileSystemError) -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw FileSystemError(.inspect, path, errno: errno) }
        return Int64(clamping: UInt64(status.f_blocks) * UInt64(status.f_frsize))
    }
}

private final class PosixLock: FileLock {
    private let descriptor: CInt

    init(owning descriptor: CInt) {
        self.descriptor = descriptor
    }

    deinit {
        closeDescriptor(descriptor)
    }
}

/// Calls again while signals interrupt.
func retrying<Count: SignedInteger>(
    _ operation: FileSystemError.Operation, _ path: String, _ call: () -> Count
) throws(FileSystemError) -> Count {
    while true {
        let result = call()
        if result >= 0 { return result }
        if errno != EINTR { throw FileSystemError(operation, path, errno: errno) }
    }
}

// Free functions, as the methods above hide the C functions of the same name.

private func openFile(_ path: String, _ flags: CInt, _ mode: mode_t) -> CInt { open(path, flags, mode) }

func closeDescriptor(_ descriptor: CInt) {
    // The result tells nothing: what must not be lost was synced before.
    _ = close(descriptor)
}

private func removePath(_ path: String) -> CInt {
    if unlink(path) == 0 { return 0 }
    // Linux answers EISDIR for a directory, POSIX says EPERM.
    return errno == EISDIR || errno == EPERM ? rmdir(path) : -1
}

private func renamePath(_ path: String, _ newPath: String) -> CInt { rename(path, newPath) }
