internal import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A free port of 127.0.0.1 that stays ours, whether or not anybody listens on it.
///
/// A socket that is bound to the port but does not listen keeps others from being given it, while connections
/// to it are refused. A broker may listen on it all the same, as both allow their address to be reused.
final class LoopbackPort: Sendable {
    let number: Int
    private let socket: Mutex<CInt>

    /// - Throws: `TestBrokerError` if the system has no socket or port left.
    init() throws(TestBrokerError) {
        #if canImport(Glibc)
            let kind = CInt(SOCK_STREAM.rawValue)
        #else
            let kind = CInt(SOCK_STREAM)
        #endif
        let descriptor = Self.system(socketOfKind: kind)
        guard descriptor >= 0 else { throw TestBrokerError("no socket for a test's broker: errno \(errno)") }
        var reuses: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuses, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, byteCount) == 0
                    && getsockname(descriptor, address, &byteCount) == 0
            }
        }
        guard isBound else {
            let reason = errno
            close(descriptor)
            throw TestBrokerError("no free port on 127.0.0.1 for a test's broker: errno \(reason)")
        }
        number = Int(UInt16(bigEndian: address.sin_port))
        socket = Mutex(descriptor)
    }

    deinit { release() }

    /// Gives the port back.
    func release() {
        socket.withLock { socket in
            if socket >= 0 { close(socket) }
            socket = -1
        }
    }

    private static func system(socketOfKind kind: CInt) -> CInt {
        #if canImport(Darwin)
            Darwin.socket(AF_INET, kind, 0)
        #elseif canImport(Musl)
            Musl.socket(AF_INET, kind, 0)
        #else
            Glibc.socket(AF_INET, kind, 0)
        #endif
    }
}
