import Logging
import MartletCore
import MartletTransport
import Synchronization
import Testing

@testable import Martlet

@Suite("Authentication")
struct AuthenticationTests {
    private static let password = "correct horse"
    private static let all = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]

    private static func authentication(_ mechanism: String, password: String = password) -> Authentication {
        switch mechanism {
        case "PLAIN": .plain(user: "orders", password: password)
        case "SCRAM-SHA-256": .scramSHA256(user: "orders", password: password)
        case "SCRAM-SHA-512": .scramSHA512(user: "orders", password: password)
        default: .oauthBearer { OAuthBearerToken(password == Self.password ? "eyJhbGciOi.J9.x" : "no") }
        }
    }

    /// Runs `body` with a client and the port that it is configured for.
    private static func run(
        _ authentication: Authentication?, on rules: GuardedPort.Rules = GuardedPort.Rules(mechanisms: all),
        configure: (inout ClientConfiguration) -> Void = { _ in },
        _ body: (MartletClient, GuardedPort) async throws -> Void
    ) async throws {
        try await GuardedPort.run(rules) { port in
            var configuration = ClientConfiguration(bootstrapServers: [port.address])
            configuration.authentication = authentication
            configure(&configuration)
            try await MartletClient.with(configuration) { try await body($0, port) }
        }
    }

    /// Sends records, reads them again, and says how many came.
    static func exchangeRecords(_ client: MartletClient, count: Int = 50) async throws -> Int {
        try await client.admin.createTopic("events")
        try await client.withProducer { producer in
            _ = try await producer.send(
                contentsOf: (0..<count).map { ProducerRecord(topic: "events", value: Bytes("\($0)")) })
        }
        return try await client.withConsumer { consumer in
            try await consumer.assign(topic: "events", from: .beginning, until: .end)
            var seen = 0
            for try await _ in consumer.records { seen += 1 }
            return seen
        }
    }

    @Test("who knows the password, or has a token, gets in and can produce and consume", arguments: all)
    func letsIn(mechanism: String) async throws {
        try await Self.run(Self.authentication(mechanism)) { client, port in
            let seen = try await Self.exchangeRecords(client)
            #expect(seen == 50)
            let record = port.record.withLock { $0 }
            #expect(record.trespasses == 0)
            #expect(record.users.count == 1)
            #expect(record.softwareNames == ["martlet"])
        }
    }

    @Test("who does not is told so at once, without the password in the message", arguments: all)
    func keepsOut(mechanism: String) async throws {
        try await Self.run(Self.authentication(mechanism, password: "battery staple")) { client, port in
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.describeCluster()
            }
            #expect(error?.code == .authenticationFailed)
            #expect(error?.isRetriable == false)
            #expect(error.map { "\($0)".contains("battery") || "\($0)".contains("Bearer no") } == false)
            // Not tried again and again: accounts get locked that way.
            #expect(port.record.withLock { $0.connections } == 1)
        }
    }

    @Test("a producer whose password is no longer right fails its records at once")
    func locksOutProducer() async throws {
        try await Self.run(Self.authentication("PLAIN")) { client, port in
            try await client.admin.createTopic("events")
            _ = try await client.topic("events", allowsCreation: false)
            port.change { $0.users = [:] }
            let before = port.record.withLock { $0.connections }
            try await client.withProducer { producer in
                let error = await #expect(throws: MartletError.self) {
                    try await producer.send(ProducerRecord(topic: "events", value: "a"))
                }
                #expect(error?.code == .authenticationFailed)
            }
            #expect(port.record.withLock { $0.connections } <= before + 2)
        }
    }

    @Test("a mechanism that the broker does not have is refused with those that it has")
    func unknownMechanism() async throws {
        let rules = GuardedPort.Rules(mechanisms: ["PLAIN", "GSSAPI"])
        try await Self.run(Self.authentication("SCRAM-SHA-256"), on: rules) { client, _ in
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.describeCluster()
            }
            #expect(error?.code == .authenticationFailed)
            #expect(error?.message.contains("GSSAPI, PLAIN") == true)
        }
    }

    @Test("a broker that does not know the password is not believed", arguments: all[1...2])
    func falseBroker(mechanism: String) async throws {
        let rules = GuardedPort.Rules(mechanisms: Self.all, liesAboutSignature: true)
        try await Self.run(Self.authentication(mechanism), on: rules) { client, _ in
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.describeCluster()
            }
            #expect(error?.message.contains("does not know the password") == true)
        }
    }

    @Test("a listener that takes no authentication says so")
    func noAuthentication() async throws {
        try await Self.run(Self.authentication("PLAIN"), on: GuardedPort.Rules()) { client, _ in
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.describeCluster()
            }
            #expect(error?.code == .authenticationFailed)
            #expect(error?.message.contains("takes no authentication on this port") == true)
        }
    }

    @Test("without credentials the error asks for them")
    func noCredentials() async throws {
        try await Self.run(nil, configure: { $0.metadataTimeout = .milliseconds(300) }) { client, _ in
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.describeCluster()
            }
            #expect(error?.message.contains("does it expect authentication?") == true)
        }
    }

    @Test("a session is renewed before it ends, on the same connection, with requests under way")
    func renewal() async throws {
        let rules = GuardedPort.Rules(mechanisms: Self.all, lifetime: .seconds(3))
        try await Self.run(Self.authentication("SCRAM-SHA-256"), on: rules) { client, port in
            try await client.admin.createTopic("events", partitions: 2)
            try await client.withProducer { producer in
                let end = ContinuousClock.now + .seconds(60)
                var sent = 0
                // Until every connection in use has been renewed.
                while ContinuousClock.now < end {
                    let enough = port.record.withLock { $0.authentications >= $0.connections + 4 }
                    if enough { break }
                    let places = try await producer.send(
                        contentsOf: (0..<20).map {
                            ProducerRecord(
                                topic: "events", partition: PartitionIndex($0 % 2), value: Bytes("\($0)"))
                        })
                    sent += places.count
                }
                let record = port.record.withLock { $0 }
                #expect(record.authentications >= record.connections + 4)
                #expect(record.trespasses == 0)
                #expect(record.connections <= 4)
                #expect(sent > 0)
            }
        }
    }

    @Test("a token that cannot be fetched is an error that carries the reason")
    func noToken() async throws {
        struct ProviderIsAway: Error {}
        let authentication = Authentication.oauthBearer { throw ProviderIsAway() }
        try await Self.run(authentication, configure: { $0.metadataTimeout = .milliseconds(300) }) {
            client, _ in
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.describeCluster()
            }
            #expect(error?.underlying is ProviderIsAway)
            #expect(error?.isRetriable == true)
        }
    }

    @Test("credentials stand in no description, dump or log, and PLAIN without TLS warns once")
    func secrets() async throws {
        for mechanism in Self.all {
            let authentication = Self.authentication(mechanism)
            var text = "\(authentication) \(String(reflecting: authentication))"
            dump(authentication, to: &text)
            var configuration = ClientConfiguration(bootstrapServers: ["localhost:9092"])
            configuration.authentication = authentication
            configuration.tls = TLS()
            configuration.tls?.identity = TLS.Identity(
                certificates: .file("a.pem"), privateKey: .file("a.key"), passphrase: Self.password)
            text += "\(configuration)"
            dump(configuration, to: &text)
            #expect(!text.contains(Self.password) && !text.contains("J9"))
            #expect(text.contains(mechanism))
        }
        let lines = Lines()
        let rules = GuardedPort.Rules(mechanisms: Self.all)
        try await Self.run(
            Self.authentication("PLAIN"), on: rules,
            configure: { $0.logger = Logger(label: "test") { _ in LineLog(lines: lines) } }
        ) { client, _ in
            _ = try await client.admin.describeCluster()
            try await client.withConsumer { _ in }
        }
        let text = lines.all
        #expect(text.filter { $0.contains("without TLS") }.count == 1)
        #expect(!text.contains { $0.contains(Self.password) })
    }
}

/// What was logged.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

private struct LineLog: LogHandler {
    let lines: Lines
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.add("\(event.level) \(event.message) \(event.metadata ?? [:])") }
}
