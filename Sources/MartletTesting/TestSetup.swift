internal import Logging
internal import Martlet
internal import MartletBroker
internal import MartletSimulation
internal import Synchronization

/// What stays the same when the broker of a test is stopped and started: its port, its settings, and what it
/// has stored.
final class TestSetup: Sendable {
    let address: BrokerAddress
    let path: String
    let isInMemory: Bool
    private let settings: [String: String]
    private let logger: Logger
    private let port: LoopbackPort
    private let directory: TemporaryDirectory?
    /// What a test should not have to wait for: the patience of groups.
    private static let quickSettings = [
        "group.initial.rebalance.delay.ms": "0", "group.consumer.heartbeat.interval.ms": "100",
    ]
    /// Where the broker in memory keeps its files.
    private let disk = Mutex(SimulatedDisk())

    init(_ storage: TestStorage, settings: [String: String], logger: Logger?) throws {
        self.settings = Self.quickSettings.merging(settings) { $1 }
        self.logger = logger ?? Logger(label: "martlet.test") { _ in SwiftLogNoOpLogHandler() }
        port = try LoopbackPort()
        address = BrokerAddress(host: "127.0.0.1", port: port.number)
        switch storage {
        case .memory:
            (path, directory, isInMemory) = ("/martlet", nil, true)
        case .temporaryDirectory:
            let temporary = try TemporaryDirectory()
            (path, directory, isInMemory) = (temporary.path, temporary, false)
        case .directory(let named):
            (path, directory, isInMemory) = (named, nil, false)
        }
    }

    func configuration() throws -> BrokerConfiguration {
        var configuration = try BrokerConfiguration(dataDirectory: path, port: port.number, logger: logger)
        for (key, value) in settings { try configuration.settings.set(key, value) }
        if isInMemory { configuration.fileSystem = disk.withLock { $0 } }
        return configuration
    }

    /// From now on there is what a power cut leaves of the disk in memory.
    func losePower(seed: UInt64) {
        disk.withLock { $0 = $0.afterPowerLoss(seed: seed) }
    }

    /// Gives back what the system has lent.
    func remove() {
        directory?.remove()
        port.release()
    }
}
