#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// An output stream that is written in large blocks.
struct BufferedOutput: ~Copyable {
    /// Enough to make the cost of a system call vanish, little enough to stay in the cache.
    static let blockByteCount = 256 << 10

    let descriptor: CInt
    var buffer: OutputBuffer

    init(descriptor: CInt) {
        self.descriptor = descriptor
        buffer = OutputBuffer(capacity: Self.blockByteCount + 64 << 10)
    }

    static func standard() -> BufferedOutput { BufferedOutput(descriptor: STDOUT_FILENO) }

    @inline(__always)
    mutating func flushIfFull() throws(StreamError) {
        if buffer.count >= Self.blockByteCount { try flush() }
    }

    mutating func flush() throws(StreamError) {
        defer { buffer.removeAll() }
        let descriptor = descriptor
        try buffer.withBytes { bytes throws(StreamError) in try Descriptor.write(bytes, to: descriptor) }
    }
}
