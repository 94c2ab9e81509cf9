import MartletCore
import MartletTesting
import MartletTransport
import MartletWire
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

@testable import Martlet

/// A port in front of a broker that asks for what the broker itself does not: TLS, authentication, or both.
/// Whatever passes goes to the broker as it is.
final class GuardedPort: Sendable {
    struct Rules {
        var tls: TLSConfiguration?
        /// What clients may authenticate with; nil lets everybody in.
        var mechanisms: [String]?
        var users = ["orders": "correct horse"]
        var token = "eyJhbGciOi.J9.x"
        var iterations = 4096
        /// How long a session lasts.
        var lifetime: Duration?
        /// Whether the server's signature is another than it should be.
        var liesAboutSignature = false
    }

    struct Record {
        var connections = 0
        var openConnections = 0
        var authentications = 0
        /// Requests that came without a session, or after its end.
        var trespasses = 0
        var softwareNames: Set<String> = []
        /// User names that were authenticated.
        var users: Set<String> = []
    }

    private let currentRules: Mutex<Rules>
    let record = Mutex(Record())
    private let upstream = Mutex(0)
    private let channel = Mutex<(any Channel)?>(nil)
    private let children = Mutex<[any Channel]>([])

    private init(_ rules: Rules) {
        currentRules = Mutex(rules)
    }

    var rules: Rules { currentRules.withLock { $0 } }

    /// Other rules for connections to come.
    func change(_ body: (inout sending Rules) -> Void) { currentRules.withLock { body(&$0) } }

    var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }
    var address: BrokerAddress { BrokerAddress(host: "localhost", port: port) }

    /// Runs `body` with a broker behind a guarded port. The broker tells clients to come by that port.
    static func run(_ rules: Rules, _ body: (GuardedPort) async throws -> Void) async throws {
        let port = GuardedPort(rules)
        try await port.listen()
        do {
            let settings = ["advertised.listeners": "PLAINTEXT://localhost:\(port.port)"]
            try await withBroker(settings: settings) { broker in
                port.upstream.withLock { $0 = broker.address.port }
                try await body(port)
                await port.stop()
            }
        } catch {
            await port.stop()
            throw error
        }
    }

    private func listen() async throws {
        let context = try rules.tls.map { try NIOSSLContext(configuration: $0) }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { child in self.prepare(child, context) }
            .bind(host: "127.0.0.1", port: 0).get()
        self.channel.withLock { $0 = channel }
    }

    private func prepare(_ child: any Channel, _ context: NIOSSLContext?) -> EventLoopFuture<Void> {
        let port = upstream.withLock { $0 }
        return ClientBootstrap(group: child.eventLoop).connect(host: "127.0.0.1", port: port)
            .flatMap { upstream in
                self.children.withLock { $0 += [child, upstream] }
                return child.eventLoop.makeCompletedFuture {
                    if let context {
                        try child.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    let session = GuardedSession(port: self, upstream: upstream)
                    try child.pipeline.syncOperations.addHandler(session)
                    try upstream.pipeline.syncOperations.addHandler(BrokerSide(session: session))
                }
            }
    }

    func stop() async {
        try? await channel.withLock { $0 }?.close()
        for child in children.withLock({ $0 }) { try? await child.close() }
    }

    /// A server's side of TLS with a certificate for `localhost`.
    static func tls(
        certificate: String = TestCertificates.server, key: String = TestCertificates.serverKey
    ) throws -> TLSConfiguration {
        TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8))
                .map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
    }
}
