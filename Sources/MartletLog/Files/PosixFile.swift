#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file of the machine, open until the last reference is gone.
final class PosixFile: LogFile {
    let path: String
    private let fileDescriptor: CInt

    var descriptor: CInt? { fileDescriptor }

    init(path: String, owning descriptor: CInt) {
        self.path = path
        fileDescriptor = descriptor
    }

    deinit {
        closeDescriptor(fileDescriptor)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at position: Int64) throws(FileSystemError) {
        var rest = bytes
        var position = position
        while !rest.isEmpty {
            let count = try retrying(.write, path) {
                pwrite(fileDescriptor, rest.baseAddress, rest.count, off_t(position))
            }
            // A device that takes nothing and reports nothing would hold us for ever.
            guard count > 0 else { throw .outOfSpace(.write, path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            position += Int64(count)
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(FileSystemError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = try retrying(.read, path) {
                pread(fileDescriptor, rest.baseAddress, rest.count, off_t(position) + off_t(filled))
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    func size() throws(FileSystemError) -> Int64 {
        var status = stat()
        _ = try retrying(.size, path) { fstat(fileDescriptor, &status) }
        return Int64(status.st_size)
    }

    func truncate(to size: Int64) throws(FileSystemError) {
        _ = try retrying(.truncate, path) { ftruncate(fileDescriptor, off_t(size)) }
    }

    func sync() throws(FileSystemError) {
        #if canImport(Darwin)
            // fsync leaves the data in the drive's cache there.
            _ = try retrying(.sync, path) { fcntl(fileDescriptor, F_FULLFSYNC) }
        #else
            _ = try retrying(.sync, path) { fdatasync(fileDescriptor) }
        #endif
    }

    func preallocate(_ range: Range<Int64>) throws(FileSystemError) -> Bool {
        #if os(Linux)
            guard let allocate = LinuxCalls.fallocate else { return false }
            do throws(FileSystemError) {
                _ = try retrying(.preallocate, path) {
                    allocate(fileDescriptor, 0, range.lowerBound, range.upperBound - range.lowerBound)
                }
                return true
            } catch {
                guard [EOPNOTSUPP, ENOSYS, EINVAL].contains(error.errno) else { throw error }
                return false
            }
        #else
            return false
        #endif
    }

    func writeBack(_ range: Range<Int64>, wait: Bool) throws(FileSystemError) {
        #if os(Linux)
            guard let syncRange = LinuxCalls.syncFileRange else { return }
            let flags =
                wait ? LinuxCalls.waitBefore | LinuxCalls.write | LinuxCalls.waitAfter : LinuxCalls.write
            _ = try retrying(.writeBack, path) {
                syncRange(fileDescriptor, range.lowerBound, range.upperBound - range.lowerBound, flags)
            }
        #else
            // Nothing like it here; the system writes back when it likes.
        #endif
    }

    func dropCache(_ range: Range<Int64>) {
        #if os(Linux)
            // Advice: without it only memory is wasted.
            _ = posix_fadvise(
                fileDescriptor, off_t(range.lowerBound), off_t(range.upperBound - range.lowerBound),
                POSIX_FADV_DONTNEED)
        #endif
    }
}
