import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import NIOPosix
import Synchronization

/// A proxy between clients and a broker that reads the protocol, so that a test disturbs what it wants and
/// nothing else. It has a port of its own, which stays the same while it is stopped and started.
final class FaultProxy: Sendable {
    typealias Script = @Sendable (Exchange) throws -> Sentence

    struct State {
        var scripts: [APIKey: Script] = [:]
        /// Asked for requests without a script of their own, or whose script lets them pass.
        var everything: Script?
        var counts: [APIKey: Int] = [:]
        var connections: [ObjectIdentifier: any Channel] = [:]
        var accepted = 0
        var channel: (any Channel)?
        var port = 0
        /// Scripts that threw, and answers that could not be read.
        var problems: [String] = []
    }

    /// Who this proxy says it is, and what it changes in passing so that clients stay with proxies.
    let face: Face
    /// Nil for a proxy in front of nothing: what no script answers ends the connection.
    let upstream: BrokerAddress?
    private let state = Mutex(State())
    let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

    init(face: Face, upstream: BrokerAddress?) {
        self.face = face
        self.upstream = upstream
    }

    func with<Result: Sendable>(_ body: (inout State) throws -> Result) rethrows -> Result {
        try state.withLock { try body(&$0) }
    }

    var address: BrokerAddress { BrokerAddress(host: "127.0.0.1", port: with { $0.port }) }

    // MARK: Scripts

    /// Decides what becomes of all requests of an API from now on.
    ///
    /// - Parameter script: Gets the request, and how many of its API came before it since the script was set.
    func on<Request: KafkaRequest>(
        _ api: Request.Type, _ script: @escaping @Sendable (Request, Int) throws -> Fate<Request>
    ) {
        with { state in
            state.counts[Request.key] = 0
            state.scripts[Request.key] = { exchange in
                try script(exchange.decode(Request.self), exchange.index).sentence(for: exchange.header)
            }
        }
    }

    /// The same fate for the first requests of an API, and none for the rest.
    func on<Request: KafkaRequest>(_ api: Request.Type, first count: Int, _ fate: Fate<Request>) {
        on(api) { _, index in index < count ? fate : .pass }
    }

    /// Decides about requests that no other script does anything to.
    func onEverything(_ script: Script?) { with { $0.everything = script } }

    /// Forgets all scripts.
    func calm() {
        with { state in
            state.scripts = [:]
            state.everything = nil
        }
    }

    /// Requests of an API since its script was set, or since the beginning.
    func count(of key: APIKey) -> Int { with { $0.counts[key] ?? 0 } }

    func sentence(for header: RequestHeader, _ body: Bytes) -> Sentence {
        let (index, script, everything) = with { state in
            let index = state.counts[header.key, default: 0]
            state.counts[header.key] = index + 1
            return (index, state.scripts[header.key], state.everything)
        }
        let exchange = Exchange(header: header, body: body, index: index)
        do {
            let sentence = try script?(exchange) ?? .pass
            if case .pass = sentence, let everything { return try everything(exchange) }
            return sentence
        } catch {
            note("script of \(header.key) version \(header.version): \(error)")
            return .cutBefore
        }
    }

    /// A fault of the test itself, for `FaultScene` to report.
    func note(_ problem: String) { with { $0.problems.append(problem) } }

    // MARK: Life

    func start() async throws {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(ProxySession(proxy: self))
                }
            }
            .bind(host: "127.0.0.1", port: with { $0.port }).get()
        with { state in
            state.channel = channel
            state.port = channel.localAddress?.port ?? 0
        }
    }

    /// Closes the port and cuts all connections: a broker that is gone.
    func stop() async throws {
        let channel = with { state in
            defer { state.channel = nil }
            return state.channel
        }
        try await channel?.close()
        await cutAll()
    }

    /// Cuts all connections; new ones are welcome.
    func cutAll() async {
        let connections = with { Array($0.connections.values) }
        for connection in connections { try? await connection.close() }
    }

    var connectionCount: Int { with { $0.connections.count } }

    func didOpen(_ channel: any Channel) {
        with { state in
            state.accepted += 1
            state.connections[ObjectIdentifier(channel)] = channel
        }
    }

    func didClose(_ channel: any Channel) {
        with { $0.connections[ObjectIdentifier(channel)] = nil }
    }
}
