public import Logging
package import MartletLog

/// How to start a broker.
public struct BrokerConfiguration: Sendable {
    /// Everything else that can be set, under Kafka's names: see docs/configuration.md.
    public var settings = BrokerSettings()
    public var logger: Logger
    /// Where logs are kept; nil for the disk. Tests put a simulation here.
    package var fileSystem: (any FileSystem)?

    /// A broker that keeps its state in `dataDirectory` and listens on the loopback address.
    ///
    /// - Parameter port: 0 takes a free one; `Broker.address` says which.
    public init(dataDirectory: String, port: Int = 0, logger: Logger = Logger(label: "martlet")) throws {
        self.logger = logger
        try settings.set("log.dirs", dataDirectory)
        try settings.set("listeners", "PLAINTEXT://127.0.0.1:\(port)")
    }

    /// A broker as its settings say.
    public init(settings: BrokerSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }
}
