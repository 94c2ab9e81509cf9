internal import ArgumentParser
internal import Logging
internal import MartletBroker
internal import MartletCore
internal import MartletLog
internal import ServiceLifecycle
internal import UnixSignals

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// `martlet serve`: the broker, until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a broker.",
        discussion: """
            Keeps everything in one data directory and serves it to every Kafka client. Prints one line when \
            it is ready; SIGTERM or SIGINT end it after what is in flight.

            EXAMPLES
              martlet serve --data-dir /var/lib/martlet
              martlet serve --data-dir ./data --listen 127.0.0.1:0
              martlet serve --config server.properties --set num.partitions=12
            """
    )

    @Option(help: ArgumentHelp("Where topics are kept; created if missing.", valueName: "dir"))
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            "Address to listen on; port 0 takes a free one. (default: 127.0.0.1:9092)", valueName: "host:port"
        ))
    var listen: String?

    @Option(help: ArgumentHelp("Settings in the form of Kafka's server.properties.", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A setting, over that of the file; may be repeated.", valueName: "key=value"))
    var settings: [String] = []

    @Option(help: "How to write the log on standard error.")
    var logFormat: LogFormat = .text

    @Option(
        help: "The least that is worth a line: trace, debug, info, notice, warning, error or critical.",
        transform: Self.level
    )
    var logLevel: Logger.Level = .info

    func run() async throws {
        let logger = logFormat.logger(level: logLevel)
        let broker: Broker
        do {
            ProcessLimits.raiseOpenFiles()
            ProcessMemory.returnLargeBuffers()
            let settings = try readSettings(logger)
            broker = try await Broker.start(BrokerConfiguration(settings: settings, logger: logger))
        } catch let error as ConfigError {
            throw ValidationError(error.message)
        } catch let error as BrokerStartError {
            throw CommandFailure(error.message)
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: AnnouncedBroker(broker: broker))],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
        logger.info("Stopped.")
    }

    /// The whole file.
    private func readText(_ path: String) throws -> String {
        do {
            guard let contents = try PosixFileSystem().contents(of: path) else {
                throw ValidationError("There is no file \(path).")
            }
            return String(decoding: contents)
        } catch let error as FileSystemError {
            throw ValidationError("\(error)")
        }
    }

    @Sendable
    private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("A log level is one of \(levels), not \"\(text)\".")
        }
        return level
    }

    private func readSettings(_ logger: Logger) throws -> BrokerSettings {
        var result = BrokerSettings()
        if let config {
            for (key, value) in PropertiesFile.parse(try readText(config)) {
                try result.load(key, value)
            }
            for key in result.unknownKeys {
                logger.warning(
                    "A setting is not known and has no effect.",
                    metadata: ["key": "\(key)", "file": "\(config)"])
            }
        }
        for setting in settings {
            guard let divider = setting.firstIndex(of: "=") else {
                throw ValidationError("--set takes KEY=VALUE, not \"\(setting)\".")
            }
            try result.set(String(setting[..<divider]), String(setting[setting.index(after: divider)...]))
        }
        if let dataDir { try result.set("log.dirs", dataDir) }
        if let listen {
            let address = try ListenerAddress(listen)
            try result.set("listeners", "PLAINTEXT://\(address)")
        }
        return result
    }
}

/// Says that the broker is ready once its group listens for signals, so that whoever has read the line can
/// stop it gracefully.
private struct AnnouncedBroker: Service {
    let broker: Broker

    func run() async throws {
        announce()
        ProcessMemory.returnCode()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await ProcessMemory.returnAtRest() }
            defer { group.cancelAll() }
            try await broker.run()
        }
    }

    /// The one line on standard output, for people and for scripts that wait for it.
    private func announce() {
        let startup = broker.startup
        var line = "martlet is ready on \(broker.address), data in \(broker.dataDirectory)"
        line += " (\(startup.partitionCount) partitions, \(startup.duration.milliseconds) ms"
        if startup.recoveredCount > 0 { line += ", \(startup.recoveredCount) recovered" }
        // At once, without a buffer that another process would wait for; a closed standard output is no
        // reason to stop.
        try? Descriptor.write(line + ")\n", to: STDOUT_FILENO)
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
