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

    init(_ path: String) throws(StreamError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .failed(operation: "write to", name: path, errno: errno) }
    }

    deinit { close(descriptor) }

    /// Puts the text in place of what the file had.
    func write(_ text: String) throws(StreamError) {
        _ = ftruncate(descriptor, 0)
        try Descriptor.write(text, to: descriptor)
    }
}
