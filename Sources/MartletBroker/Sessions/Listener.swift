internal import Logging
internal import MartletCore
internal import MartletTransport
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Accepts connections, within their limits, and spreads them over the shards.
struct Listener: Sendable {
    private let environment: BrokerEnvironment
    private let router: ShardRouter
    private let connections: ConnectionCount
    private let channel = Box()

    private final class Box: Sendable {
        let channel = Mutex<(any Channel)?>(nil)
    }

    /// Connections that wait to be accepted.
    private static let backlog: CInt = 1024

    init(_ environment: BrokerEnvironment, _ router: ShardRouter) {
        self.environment = environment
        self.router = router
        connections = ConnectionCount(environment.liveSettings)
    }

    func bind(_ address: ListenerAddress, _ group: MultiThreadedEventLoopGroup) async throws -> BrokerAddress
    {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            // With more, each connection would keep as many buffers: see `SharedReadAllocator`.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { [self] child in
                child.eventLoop.makeCompletedFuture { try welcome(child) }
            }
        let bound: any Channel
        do {
            bound = try await bootstrap.bind(host: address.host, port: address.port).get()
        } catch {
            throw BrokerStartError(
                "Cannot listen on \(address.host):\(address.port): \(error). Is another broker running there?"
            )
        }
        channel.channel.withLock { $0 = bound }
        let actual = bound.localAddress
        return BrokerAddress(host: actual?.ipAddress ?? address.host, port: actual?.port ?? address.port)
    }

    /// On the child's loop.
    private func welcome(_ child: any Channel) throws {
        let peer = child.remoteAddress?.ipAddress ?? ""
        guard connections.admit(peer) else {
            if connections.isTimeToComplain() {
                environment.logger.warning(
                    "Refused a connection: too many are open (max.connections, max.connections.per.ip).",
                    metadata: ["peer": "\(peer)"]
                )
            }
            throw ChannelError.connectPending
        }
        child.closeFuture.whenComplete { [connections] _ in connections.leave(peer) }
        guard let shard = router.shards.first(where: { $0.eventLoop === child.eventLoop }) else {
            throw ChannelError.unknownLocalAddress
        }
        try child.syncOptions?.setOption(.recvAllocator, value: SharedReadAllocator(shard.readBuffers))
        try child.pipeline.syncOperations.addHandler(shard.makeSession())
    }

    func close() async {
        let open = channel.channel.withLock { channel in
            defer { channel = nil }
            return channel
        }
        try? await open?.close().get()
    }
}

/// Counts connections, in all and by address.
final class ConnectionCount: Sendable {
    private let settings: LiveSettings
    private let state = Mutex(State())

    private struct State {
        var total = 0
        var byAddress: [String: Int] = [:]
        var lastComplaint: NIODeadline?
    }

    init(_ settings: LiveSettings) {
        self.settings = settings
    }

    func admit(_ address: String) -> Bool {
        let settings = settings.value
        let maximum = settings.int("max.connections") ?? 0
        let maximumPerAddress = settings.int("max.connections.per.ip") ?? 0
        return state.withLock { state in
            let count = state.byAddress[address, default: 0]
            guard state.total < maximum, count < maximumPerAddress else {
                return false
            }
            state.total += 1
            state.byAddress[address] = count + 1
            return true
        }
    }

    func leave(_ address: String) {
        state.withLock { state in
            state.total -= 1
            let count = state.byAddress[address, default: 1] - 1
            state.byAddress[address] = count == 0 ? nil : count
        }
    }

    /// Whether a warning is due: a flood of connections must not become a flood of lines.
    func isTimeToComplain() -> Bool {
        state.withLock { state in
            let now = NIODeadline.now()
            if let last = state.lastComplaint, now - last < .seconds(10) { return false }
            state.lastComplaint = now
            return true
        }
    }
}
