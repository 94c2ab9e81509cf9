import MartletCore
import MartletTesting
import MartletTransport
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import Martlet

@Suite("TLS")
struct TLSTests {
    private static let authority = TLS.PEM.bytes(Bytes(TestCertificates.authority))
    private static let identity = TLS.Identity(
        certificates: .bytes(Bytes(TestCertificates.client)),
        privateKey: .bytes(Bytes(TestCertificates.clientKey)))

    private static func trusting(
        _ roots: TLS.PEM = authority, _ change: (inout TLS) -> Void = { _ in }
    ) -> TLS {
        var tls = TLS()
        tls.trustRoots = roots
        change(&tls)
        return tls
    }

    private static func run(
        _ tls: TLS?, server: TLSConfiguration? = nil, at address: BrokerAddress? = nil,
        authentication: Authentication? = nil, _ body: (MartletClient, GuardedPort) async throws -> Void
    ) async throws {
        var rules = GuardedPort.Rules(tls: try server ?? GuardedPort.tls())
        if authentication != nil { rules.mechanisms = ["PLAIN"] }
        try await GuardedPort.run(rules) { port in
            var configuration = ClientConfiguration(bootstrapServers: [port.address])
            if let address { configuration.bootstrapServers = [.init(host: address.host, port: port.port)] }
            configuration.tls = tls
            configuration.authentication = authentication
            configuration.metadataTimeout = .seconds(30)
            try await MartletClient.with(configuration) { try await body($0, port) }
        }
    }

    /// Why a client with this TLS cannot come through.
    private static func refusal(
        _ tls: TLS?, server: TLSConfiguration? = nil, at address: BrokerAddress? = nil
    ) async throws -> MartletError? {
        var refusal: MartletError?
        try await run(tls, server: server, at: address) { client, _ in
            refusal = await #expect(throws: MartletError.self) { try await client.admin.describeCluster() }
        }
        return refusal
    }

    @Test("records go through TLS in both directions, with PLAIN inside it", arguments: [false, true])
    func records(authenticates: Bool) async throws {
        let authentication: Authentication? =
            authenticates ? .plain(user: "orders", password: "correct horse") : nil
        try await Self.run(Self.trusting(), authentication: authentication) { client, _ in
            let seen = try await AuthenticationTests.exchangeRecords(client, count: 5_000)
            #expect(seen == 5_000)
        }
    }

    @Test("an authority nobody trusts is named as the trouble, and not tried again")
    func untrusted() async throws {
        for tls in [Self.trusting(.bytes(Bytes(TestCertificates.otherAuthority))), TLS()] {
            let error = try await Self.refusal(tls)
            #expect(error?.code == .tlsFailed)
            #expect(error?.isRetriable == false)
            #expect(error?.message.contains("trust roots") == true, "\(String(describing: error))")
        }
    }

    @Test("a certificate for another name is refused with that name, unless told otherwise")
    func otherName() async throws {
        let elsewhere = try GuardedPort.tls(
            certificate: TestCertificates.elsewhere, key: TestCertificates.elsewhereKey)
        let error = try await Self.refusal(Self.trusting(), server: elsewhere)
        #expect(error?.code == .tlsFailed)
        #expect(error?.message.contains("not made out to localhost") == true, "\(String(describing: error))")
        let willing = [
            Self.trusting { $0.serverName = "broker.example" },
            Self.trusting { $0.verification = .noHostname },
        ]
        for tls in willing {
            try await Self.run(tls, server: elsewhere) { client, _ in
                _ = try await client.admin.describeCluster()
            }
        }
    }

    @Test("an address without a name is looked for in the certificate")
    func numericAddress() async throws {
        try await Self.run(Self.trusting(), at: "127.0.0.1") { client, _ in
            _ = try await client.admin.describeCluster()
        }
        let elsewhere = try GuardedPort.tls(
            certificate: TestCertificates.elsewhere, key: TestCertificates.elsewhereKey)
        let error = try await Self.refusal(Self.trusting(), server: elsewhere, at: "127.0.0.1")
        #expect(error?.message.contains("not made out to 127.0.0.1") == true, "\(String(describing: error))")
    }

    @Test("no verification, or swift-nio-ssl's own configuration, do what they say")
    func otherWays() async throws {
        var unverified = TLSConfiguration.makeClientConfiguration()
        unverified.certificateVerification = .none
        var careless = TLS()
        careless.verification = .none
        for tls in [careless, .custom(unverified)] {
            try await Self.run(tls) { client, _ in _ = try await client.admin.describeCluster() }
        }
    }

    @Test("a broker that demands a client certificate gets it, and its lack is named")
    func mutual() async throws {
        var server = try GuardedPort.tls()
        server.certificateVerification = .noHostnameVerification
        server.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.authority.utf8)))
        try await Self.run(Self.trusting { $0.identity = Self.identity }, server: server) { client, _ in
            let seen = try await AuthenticationTests.exchangeRecords(client)
            #expect(seen == 50)
        }
        let error = try await Self.refusal(Self.trusting(), server: server)
        #expect(error?.code == .tlsFailed)
        #expect(error?.message.contains("client certificate") == true, "\(String(describing: error))")
    }

    @Test("TLS to a port without it, and none to a port with it, both say so")
    func mismatch() async throws {
        try await withBroker { broker in
            var configuration = ClientConfiguration(bootstrapServers: [broker.address])
            configuration.tls = Self.trusting()
            configuration.metadataTimeout = .milliseconds(500)
            try await MartletClient.with(configuration) { client in
                let error = await #expect(throws: MartletError.self) {
                    try await client.admin.describeCluster()
                }
                #expect(error?.code == .tlsFailed)
                #expect(error?.message.contains("TLS") == true, "\(String(describing: error))")
            }
        }
        let error = try await Self.refusal(nil)
        #expect(error?.message.contains("configure TLS") == true, "\(String(describing: error))")
        #expect(error?.code == .tlsFailed)
    }

    @Test("a port that is silent to a handshake is given up in time")
    func silence() async throws {
        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        var configuration = ClientConfiguration(
            bootstrapServers: [.init(host: "127.0.0.1", port: silent.localAddress?.port ?? 0)])
        configuration.tls = Self.trusting()
        configuration.connectTimeout = .milliseconds(300)
        configuration.metadataTimeout = .milliseconds(100)
        try await MartletClient.with(configuration) { client in
            let error = await #expect(throws: MartletError.self) { try await client.admin.describeCluster() }
            #expect(error?.code == .tlsFailed)
            #expect(error?.message.contains("does this port speak TLS?") == true)
        }
        try await silent.close()
    }

    @Test(
        "what cannot be used is named before anything is connected",
        arguments: [
            ("tls.trustRoots", trusting(.file("/nowhere/ca.pem"))), ("tls.trustRoots", trusting(.bytes("x"))),
            (
                "tls.identity.privateKey",
                trusting {
                    $0.identity = TLS.Identity(
                        certificates: .bytes(Bytes(TestCertificates.client)), privateKey: .bytes("x"))
                }
            ),
            (
                "private key belongs",
                trusting {
                    $0.identity = TLS.Identity(
                        certificates: .bytes(Bytes(TestCertificates.client)),
                        privateKey: .bytes(Bytes(TestCertificates.serverKey)))
                }
            ),
            ("tls.serverName", trusting { $0.serverName = "127.0.0.1" }),
        ])
    func unusable(part: String, tls: TLS) throws {
        var configuration = ClientConfiguration(bootstrapServers: ["localhost:9092"])
        configuration.tls = tls
        let error = #expect(throws: MartletError.self) { try MartletClient(configuration) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(part) == true, "\(String(describing: error))")
    }
}
