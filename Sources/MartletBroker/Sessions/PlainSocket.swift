internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Reads from the socket of a connection past NIO, into memory that the caller has chosen.
///
/// NIO reads into its own buffers, from which a large frame would have to be copied. Only for connections
/// whose bytes nobody else decodes: where TLS is spoken, the socket's bytes are not the peer's.
struct PlainSocket {
    /// What must have arrived before the connection's loop is woken again (`SO_RCVLOWAT`).
    private var lowWaterMark = 1

    /// Fills `memory` with what has arrived. Returns how many bytes these are: 0 if there are none, at the
    /// end and after errors as well, which NIO then finds by itself.
    func receive(into memory: UnsafeMutableRawBufferPointer, of channel: any Channel) -> Int {
        let count = Self.withDescriptor(of: channel) { descriptor in
            recv(descriptor, memory.baseAddress, memory.count, Int32(MSG_DONTWAIT))
        }
        return max(count ?? 0, 0)
    }

    /// Has the loop woken only when so many bytes are there, or the peer has gone. The kernel makes room for
    /// them, and wakes earlier where it cannot.
    mutating func wake(after byteCount: Int, _ channel: any Channel) {
        guard byteCount != lowWaterMark else { return }
        var value = Int32(clamping: byteCount)
        let result = Self.withDescriptor(of: channel) { descriptor in
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVLOWAT, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        if result == 0 { lowWaterMark = byteCount }
    }

    /// Nil if the channel is closed, or has no socket, as in tests.
    private static func withDescriptor<Result>(
        of channel: any Channel, _ body: (NIOBSDSocket.Handle) -> Result
    ) -> Result? {
        try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(body)
    }
}
