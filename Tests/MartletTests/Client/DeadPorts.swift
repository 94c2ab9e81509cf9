import MartletTransport
import NIOCore
import NIOPosix
import Synchronization

#if os(Linux)
    import Glibc
#endif

/// A port behind which nobody hears: connections to it neither come about nor fail, as where a firewall drops
/// packets.
final class DeafPort: Sendable {
    private let channel: any Channel
    private let filler: [any Channel]

    private init(_ channel: any Channel, _ filler: [any Channel]) {
        self.channel = channel
        self.filler = filler
    }

    /// Listens without ever accepting, and fills the queue of those that wait to be.
    static func open() async throws -> DeafPort {
        let group = MultiThreadedEventLoopGroup.singleton
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 0)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        var filler: [any Channel] = []
        // The kernel answers as many as have room, and then no more.
        while filler.count < 16 {
            let next = try? await ClientBootstrap(group: group).connectTimeout(.milliseconds(300))
                .connect(host: "127.0.0.1", port: port).get()
            guard let next else { break }
            filler.append(next)
        }
        return DeafPort(channel, filler)
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var address: BrokerAddress { BrokerAddress(host: "127.0.0.1", port: port) }

    var socketAddress: SocketAddress {
        get throws { try SocketAddress(ipAddress: "127.0.0.1", port: port) }
    }

    func close() async throws {
        for channel in filler { try await channel.close() }
        try await channel.close()
    }

    #if os(Linux)
        /// Sockets of this machine that are connected to the port, or try to be, as the kernel sees it.
        func openSockets() throws -> Int {
            let digits = String(port, radix: 16, uppercase: true)
            let remote = "0100007F:" + String(repeating: "0", count: 4 - digits.count) + digits
            return try Self.lines(of: "/proc/net/tcp").count { line in
                let fields = line.split(separator: " ")
                // State 2: sent its SYN and waits; 1: connected.
                return fields.count > 3 && fields[2] == remote && (fields[3] == "02" || fields[3] == "01")
            }
        }

        private static func lines(of path: String) throws -> [Substring] {
            guard let file = fopen(path, "r") else { throw IOError(errnoCode: errno, reason: path) }
            defer { fclose(file) }
            var text: [UInt8] = []
            var block = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = fread(&block, 1, block.count, file), count > 0 { text += block[..<count] }
            return String(decoding: text, as: UTF8.self).split(separator: "\n")
        }
    #endif
}

/// A port that takes every connection and closes it at once, as a broker does that is just being stopped.
final class SlammedDoor: Sendable {
    private let channel = Mutex<(any Channel)?>(nil)
    private let count = Mutex(0)

    private init() {}

    static func open() async throws -> SlammedDoor {
        let door = SlammedDoor()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                door.count.withLock { $0 += 1 }
                return child.close()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        door.channel.withLock { $0 = channel }
        return door
    }

    var visits: Int { count.withLock { $0 } }

    var address: BrokerAddress {
        BrokerAddress(host: "127.0.0.1", port: channel.withLock { $0?.localAddress?.port ?? 0 })
    }

    func close() async throws { try await channel.withLock { $0 }?.close() }
}

/// Knows the addresses of every name beforehand.
struct FixedResolver: Resolver, Sendable {
    let loop: any EventLoop
    let inet: [SocketAddress]
    let inet6: [SocketAddress]

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        loop.makeSucceededFuture(inet)
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        loop.makeSucceededFuture(inet6)
    }

    func cancelQueries() {}
}
