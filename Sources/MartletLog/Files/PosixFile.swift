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

    /// Between two looks into the page cache: reads of the disk end at such places, more or less.
    private static let lookByteCount = 128 << 10

    func isCached(_ range: Range<Int64>) -> Bool {
        guard !range.isEmpty else { return true }
        for position in stride(from: range.lowerBound, to: range.upperBound, by: Self.lookByteCount) {
            guard isCached(at: position) else { return false }
        }
        return isCached(at: range.upperBound - 1)
    }

    private func isCached(at position: Int64) -> Bool {
        #if os(Linux)
            guard let preadv2 = LinuxCalls.preadv2 else { return true }
            var byte: UInt8 = 0
            return withUnsafeMutableBytes(of: &byte) { byte in
                var vector = iovec(iov_base: byte.baseAddress, iov_len: 1)
                // Other errors are for those to find who read.
                return preadv2(fileDescriptor, &vector, 1, position, LinuxCalls.noWait) >= 0
                    || errno != EAGAIN
            }
        #else
            return true
        #endif
    }

    /// What is asked for at once: the kernel cuts off what is larger than the disk's requests.
    private static let adviceByteCount: Int64 = 512 << 10

    func readAhead(_ range: Range<Int64>) {
        #if os(Linux)
            var position = range.lowerBound
            while position < range.upperBound {
                let count = min(Self.adviceByteCount, range.upperBound - position)
                _ = posix_fadvise(fileDescriptor, off_t(position), off_t(count), POSIX_FADV_WILLNEED)
                position += count
            }
        #endif
    }
}
