public import Logging
// Whoever gets a broker lent needs its interface as well.
@_exported public import MartletBroker
internal import MartletSimulation

/// Where a broker of a test keeps its topics.
public enum TestStorage: Sendable {
    /// In memory, gone with the broker.
    case memory
    /// In a directory on disk, which stays.
    case directory(String)
}

/// Runs `body` with a broker of its own, in this process and on a free port of the loopback address, and
/// shuts it down.
///
///     try await withBroker { broker in
///         let client = MartletClient(bootstrap: "\(broker.address)")
///         …
///     }
///
/// - Parameters:
///   - settings: Settings of the broker, by Kafka's names.
///   - logger: Quiet if not given.
/// - Throws: What `body` throws, or `BrokerStartError` or `ConfigError` if the broker does not start.
public func withBroker<Result: Sendable>(
    _ storage: TestStorage = .memory, settings: [String: String] = [:], logger: Logger? = nil,
    _ body: (Broker) async throws -> Result
) async throws -> Result {
    let broker = try await Broker.start(configuration(storage, settings, logger))
    do {
        let result = try await body(broker)
        try await broker.shutDown()
        return result
    } catch {
        try? await broker.shutDown()
        throw error
    }
}

private func configuration(
    _ storage: TestStorage, _ settings: [String: String], _ logger: Logger?
) throws -> BrokerConfiguration {
    let directory =
        switch storage {
        case .memory: "/martlet"
        case .directory(let path): path
        }
    let logger = logger ?? Logger(label: "martlet.test") { _ in SwiftLogNoOpLogHandler() }
    var configuration = try BrokerConfiguration(dataDirectory: directory, logger: logger)
    for (key, value) in settings { try configuration.settings.set(key, value) }
    if case .memory = storage { configuration.fileSystem = SimulatedDisk() }
    return configuration
}
