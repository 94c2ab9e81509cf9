internal import ArgumentParser
internal import Martlet

/// `martlet config set`.
struct ConfigSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change settings.",
        usage: "martlet config set <kind> <name> <key=value> ... [<options>]",
        discussion: """
            key=value sets, key+=value adds to a list, key-=value takes out of it. All or nothing is changed.

            EXAMPLES
              martlet config set topic orders retention.ms=86400000
              martlet config set topic orders cleanup.policy+=compact --dry-run
              martlet config set broker all log.retention.ms=604800000
            """
    )

    @OptionGroup var target: ConfigTarget

    @Argument(help: "The settings and their new values.", transform: Setting.parse)
    var setting: [Setting]

    @Flag(help: "Only say whether it would work.")
    var dryRun = false

    @OptionGroup var client: ClientOptions

    func validate() throws {
        let keys = setting.map(\.key)
        if let twice = keys.first(where: { key in keys.filter { $0 == key }.count > 1 }) {
            throw ValidationError("\(twice) is named twice")
        }
    }

    func run() async throws {
        try await ConfigChangeJob(resource: target.resource, dryRun: dryRun, isQuiet: client.quiet).run(
            Dictionary(setting.map { ($0.key, $0.change) }) { _, last in last }, client.configuration())
    }

    struct Setting: Hashable, Sendable {
        var key: String
        var change: ConfigChange

        @Sendable
        static func parse(_ text: String) throws -> Setting {
            let pair = try PairText.parse(text)
            switch pair.name.last {
            case "+": return Setting(key: String(pair.name.dropLast()), change: .append(pair.value))
            case "-": return Setting(key: String(pair.name.dropLast()), change: .subtract(pair.value))
            default: return Setting(key: pair.name, change: .set(pair.value))
            }
        }
    }
}

/// `martlet config unset`.
struct ConfigUnsetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unset",
        abstract: "Let settings go back to what holds otherwise.",
        usage: "martlet config unset <kind> <name> <key> ... [<options>]",
        discussion: """
            EXAMPLES
              martlet config unset topic orders retention.ms
              martlet config unset group billing consumer.session.timeout.ms
            """
    )

    @OptionGroup var target: ConfigTarget

    @Argument(help: "The keys.")
    var key: [String]

    @Flag(help: "Only say whether it would work.")
    var dryRun = false

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await ConfigChangeJob(resource: target.resource, dryRun: dryRun, isQuiet: client.quiet).run(
            Dictionary(key.map { ($0, ConfigChange.reset) }) { _, last in last }, client.configuration())
    }
}

/// Changes settings and says so.
struct ConfigChangeJob {
    let resource: ConfigResource
    let dryRun: Bool
    let isQuiet: Bool

    func run(_ changes: [String: ConfigChange], _ configuration: ClientConfiguration) async throws {
        try await MartletClient.with(configuration) { client in
            try await client.admin.alterConfigs(of: resource, changes, validateOnly: dryRun)
        }
        guard !isQuiet else { return }
        var output = BufferedOutput.standard()
        let done = dryRun ? "could be changed" : changes.count == 1 ? "is changed" : "are changed"
        output.buffer.append("\(changes.keys.sorted().joined(separator: ", ")) of \(resource) \(done).\n")
        try output.flush()
    }
}
