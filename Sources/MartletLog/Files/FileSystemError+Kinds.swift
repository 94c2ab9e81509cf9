#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension FileSystemError {
    /// Nothing stands at the path.
    package var isMissing: Bool { errno == ENOENT }

    /// No room, for the file system or for the user: waiting or deleting may help, and nothing is broken.
    package var isOutOfSpace: Bool { errno == ENOSPC || errno == EDQUOT }

    package static func missing(_ operation: Operation, _ path: String) -> Self {
        Self(operation, path, errno: ENOENT)
    }

    package static func outOfSpace(_ operation: Operation, _ path: String) -> Self {
        Self(operation, path, errno: ENOSPC)
    }

    package static func inputOutput(_ operation: Operation, _ path: String) -> Self {
        Self(operation, path, errno: EIO)
    }

    package static func directoryNotEmpty(_ path: String) -> Self {
        Self(.remove, path, errno: ENOTEMPTY)
    }
}

extension FileSystemError: CustomStringConvertible {
    package var description: String {
        let reason = strerror(errno).map { String(cString: $0) } ?? "unknown error"
        return "cannot \(operation.rawValue) \(path): \(reason) (errno \(errno))"
    }
}
