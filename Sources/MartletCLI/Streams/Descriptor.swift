#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Calls on file descriptors, which may block the thread for as long as the other side likes.
enum Descriptor {
    static func write(_ text: String, to descriptor: CInt) throws(StreamError) {
        var text = text
        let result = text.withUTF8 { bytes -> Result<Void, StreamError> in
            do throws(StreamError) {
                try write(UnsafeRawBufferPointer(bytes), to: descriptor)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Writes all the bytes.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) throws(StreamError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = systemWrite(descriptor, rest.baseAddress, rest.count)
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: waitUntilReady(descriptor, for: POLLOUT)
            case EPIPE: throw .readerIsGone
            default: throw .failed(operation: "write to", name: name(of: descriptor), errno: errno)
            }
        }
    }

    /// Reads what there is; 0 at the end.
    static func read(
        _ descriptor: CInt, into buffer: UnsafeMutableRawBufferPointer, name: String
    ) throws(StreamError) -> Int {
        while true {
            let count = systemRead(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: waitUntilReady(descriptor, for: POLLIN)
            default: throw .failed(operation: "read", name: name, errno: errno)
            }
        }
    }

    /// What a wait came to.
    enum Wait {
        case readable, interrupted, timedOut
    }

    /// Waits until the first descriptor can be read, or the second can, which is the interruption.
    static func waitUntilReadable(
        _ descriptor: CInt, unless other: CInt, until deadline: ContinuousClock.Instant? = nil
    ) -> Wait {
        var items = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: other, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            // Rounded up, so that it is time when the wait is over.
            let rest = deadline.map { max($0 - .now, .zero) / .milliseconds(1) }
            let count = poll(&items, nfds_t(items.count), rest.map { CInt(min($0, 1e6)) + 1 } ?? -1)
            if count > 0 { return items[1].revents == 0 ? .readable : .interrupted }
            if count == 0, let deadline, deadline <= .now { return .timedOut }
            // Anything but an interruption will show up again at the read that follows.
            guard count == 0 || errno == EINTR else { return .readable }
        }
    }

    static func openForReading(_ path: String) throws(StreamError) -> CInt {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed(operation: "open", name: path, errno: errno) }
        return descriptor
    }

    private static func waitUntilReady(_ descriptor: CInt, for event: some BinaryInteger) {
        var item = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        _ = poll(&item, 1, -1)
    }

    private static func name(of descriptor: CInt) -> String {
        switch descriptor {
        case STDOUT_FILENO: "standard output"
        case STDERR_FILENO: "standard error"
        default: "descriptor \(descriptor)"
        }
    }
}

// The names of this type's own functions hide those of the library.
private func systemRead(_ descriptor: CInt, _ memory: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, memory, count)
}
private func systemWrite(_ descriptor: CInt, _ memory: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, memory, count)
}
