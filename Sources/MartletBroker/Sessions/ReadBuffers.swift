internal import NIOCore

/// The memory into which the sockets of one event loop are read: the same for all of them, since a loop reads
/// one socket at a time and has taken in what it read before it reads the next.
///
/// NIO would give each connection buffers of its own, of the size of its largest reads, and have it keep
/// them: a thousand producers held that much each while they were silent.
final class ReadBuffers: @unchecked Sendable {
    // Safe to send: used on its loop alone, where connections are set up, read and closed.

    /// One read from a socket. What a frame has beyond it is read into the frame's own memory, see
    /// `PlainSocket`.
    static let byteCount = 64 << 10
    /// One that NIO reads into, one for the session that reads on meanwhile.
    private static let mostKept = 2

    /// Out while a read is under way, and for as long as somebody keeps what was read.
    private var kept: [ByteBuffer] = []

    func take(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard var taken = kept.popLast() else { return allocator.buffer(capacity: Self.byteCount) }
        // Memory that somebody still looks at is left to them; this takes new one then.
        taken.clear()
        return taken
    }

    /// Takes back what was read, when its bytes are used.
    func put(_ used: consuming ByteBuffer) {
        guard kept.count < Self.mostKept, used.storageCapacity == Self.byteCount else { return }
        kept.append(used)
    }
}

/// Has NIO read a connection into the buffer of its loop.
///
/// NIO keeps the first buffer of a connection for as long as that lasts, but not those after it if it may
/// keep only one (`maxMessagesPerRead`) and is told that the next may be larger. So the first is a small one.
struct SharedReadAllocator: RecvByteBufferAllocator {
    /// Holds first requests, and what others than Kafka's clients begin with: a connection that is closed
    /// before all that came was read looks to its peer as if it had been torn.
    private static let firstByteCount = 1 << 10

    private let buffers: ReadBuffers
    private var isFirst = true

    init(_ buffers: ReadBuffers) {
        self.buffers = buffers
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        isFirst ? allocator.buffer(capacity: Self.firstByteCount) : buffers.take(allocator)
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        isFirst = false
        return true
    }
}
