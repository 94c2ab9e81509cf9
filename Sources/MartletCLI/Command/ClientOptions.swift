internal import ArgumentParser
internal import Logging
internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What every command that talks to brokers takes.
struct ClientOptions: ParsableArguments {
    static let defaultBootstrap = "127.0.0.1:9092"

    @Option(
        name: [.customShort("b"), .long],
        help: ArgumentHelp(
            "Brokers to ask first. (default: MARTLET_BOOTSTRAP or \(defaultBootstrap))",
            valueName: "host:port,..."))
    var bootstrap: String?

    @Option(
        help: ArgumentHelp(
            "How long to look for a broker that answers. (default: 15s)", valueName: "duration"),
        transform: DurationText.parse)
    var timeout: Duration = .seconds(15)

    @Flag(name: .shortAndLong, help: "Say nothing on standard error but what went wrong.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say on standard error what is done, and a summary at the end.")
    var verbose = false

    @OptionGroup(title: "Security")
    var security: SecurityOptions

    func validate() throws {
        _ = try plainConfiguration(environment: Self.environmentBootstrap)
    }

    /// What a client of this command is configured with. Reads the password, so it is asked for once.
    func configuration(environment: String? = Self.environmentBootstrap) throws -> ClientConfiguration {
        var configuration = try plainConfiguration(environment: environment)
        try security.apply(to: &configuration)
        return configuration
    }

    private func plainConfiguration(environment: String?) throws -> ClientConfiguration {
        var configuration: ClientConfiguration
        do {
            configuration = try ClientConfiguration(
                bootstrap: bootstrap ?? environment ?? Self.defaultBootstrap)
        } catch {
            let origin = bootstrap == nil ? "MARTLET_BOOTSTRAP" : "--bootstrap"
            throw ValidationError("\(origin): \(error.message)")
        }
        configuration.clientID = "martlet-cli"
        configuration.metadataTimeout = timeout
        configuration.connectTimeout = min(timeout, .seconds(10))
        let level: Logger.Level = verbose ? .info : quiet ? .critical : .warning
        configuration.logger = Logger(label: "martlet") { _ in ClientLog(logLevel: level) }
        return configuration
    }

    private static var environmentBootstrap: String? {
        getenv("MARTLET_BOOTSTRAP").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
