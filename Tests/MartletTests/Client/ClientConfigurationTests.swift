import MartletCore
import Testing

@testable import Martlet

@Suite("The client's configuration")
struct ClientConfigurationTests {
    private static let mistakes: [(String, @Sendable (inout ClientConfiguration) -> Void)] = [
        ("bootstrap server", { $0.bootstrapServers = [] }),
        ("\":9092\"", { $0.bootstrapServers = [.init(host: "", port: 9092)] }),
        ("broker:70000", { $0.bootstrapServers = [.init(host: "broker", port: 70_000)] }),
        ("clientID", { $0.clientID = String(repeating: "x", count: 40_000) }),
        ("maximumResponseBytes", { $0.maximumResponseBytes = 0 }),
        ("maximumResponseBytes", { $0.maximumResponseBytes = 1 << 40 }),
        ("connectTimeout", { $0.connectTimeout = .zero }),
        ("requestTimeout", { $0.requestTimeout = .seconds(-1) }),
        ("metadataTimeout", { $0.metadataTimeout = .zero }),
        ("topicTimeout", { $0.topicTimeout = .milliseconds(-1) }),
        ("metadataMaximumAge", { $0.metadataMaximumAge = .seconds(1e12) }),
        ("connectionIdleTimeout", { $0.connectionIdleTimeout = .zero }),
        ("retry.initialBackoff", { $0.retry.initialBackoff = .seconds(-1) }),
        ("retry.maximumBackoff", { $0.retry.maximumBackoff = .milliseconds(1) }),
        ("reconnect.jitter", { $0.reconnect.jitter = 2 }),
        ("reconnect.jitter", { $0.reconnect.jitter = .nan }),
    ]

    @Test("what cannot work is refused by its name when the client is made", arguments: mistakes.indices)
    func refused(index: Int) throws {
        let (name, mistake) = Self.mistakes[index]
        var configuration = ClientConfiguration(bootstrapServers: ["localhost:9092"])
        mistake(&configuration)
        let error = #expect(throws: MartletError.self) { try MartletClient(configuration) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(name) == true, "\(String(describing: error))")
    }

    @Test("the defaults, and the shortest times there are, can work")
    func accepted() throws {
        var configuration = try ClientConfiguration(bootstrap: "a:1, b ,[::1]:9093")
        #expect(configuration.bootstrapServers == ["a:1", "b:9092", "[::1]:9093"])
        configuration.topicTimeout = .zero
        configuration.retry = RetryConfiguration(initialBackoff: .zero, maximumBackoff: .zero, jitter: 0)
        configuration.requestTimeout = .nanoseconds(1)
        try MartletClient(configuration).close()
    }
}
