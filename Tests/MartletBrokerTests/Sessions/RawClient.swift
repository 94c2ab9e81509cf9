import Dispatch
import MartletBroker
import MartletTransport
import MartletWire

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A blocking socket, for a client that does what no library would: stop reading, stop in the middle.
///
/// It blocks a thread of its own: those of tasks are few, and the broker under test needs them as well.
final class RawClient: Sendable {
    private let descriptor: CInt
    private let queue = DispatchQueue(label: "raw client")

    struct Failure: Error {
        let errno: CInt
    }

    init(_ broker: some Reachable) throws {
        #if canImport(Darwin)
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
            descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(broker.address.port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(errno: errno) }
    }

    deinit {
        close(descriptor)
    }

    private func blocking<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result(catching: body)) }
        }
    }

    func send<Request: KafkaRequest>(_ request: Request, version: Int16) async throws {
        let frame = try RequestFrame.encode(request, version: version, correlationID: 1)
        try await send(frame.contiguous() ?? [])
    }

    func send(_ bytes: [UInt8]) async throws {
        try await blocking { try self.writeAll(bytes) }
    }

    private func writeAll(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure(errno: errno) }
            sent += count
        }
    }

    /// Reads one frame; how long it is.
    func readFrame() async throws -> Int {
        try await blocking {
            let announced = try self.read(4).reduce(0) { $0 << 8 | Int($1) }
            return try self.read(announced).count
        }
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes[filled...].withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress, $0.count, 0)
            }
            guard got > 0 else { throw Failure(errno: errno) }
            filled += got
        }
        return bytes
    }

    /// Reads to the end of the connection; the bytes that came.
    func readToEnd() async throws -> [UInt8] {
        try await blocking { self.readWhatComes() }
    }

    private func readWhatComes() -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}
