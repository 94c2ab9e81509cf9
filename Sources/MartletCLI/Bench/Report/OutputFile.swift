internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A file that is written at the end of a long job, and opened before it: a wrong path is to show at once.
final class OutputFile: Sendable {
    private let descriptor: CInt
    private let path: String
    /// Whether it is there because of us, and empty: then it goes again.
    private let isLeftover: Mutex<Bool>

    init(_ path: String) throws(StreamError) {
        let new = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        descriptor = new < 0 && errno == EEXIST ? open(path, O_WRONLY | O_CLOEXEC) : new
        guard descriptor >= 0 else { throw .failed(operation: "write to", name: path, errno: errno) }
        self.path = path
        isLeftover = Mutex(new >= 0)
    }

    deinit {
        close(descriptor)
        if isLeftover.withLock(\.self) { unlink(path) }
    }

    /// Puts the text in place of what the file had.
    func write(_ text: String) throws(StreamError) {
        isLeftover.withLock { $0 = false }
        // Refused by what is no file, such as a pipe, which has nothing to lose.
        _ = ftruncate(descriptor, 0)
        try Descriptor.write(text, to: descriptor)
    }
}
