internal import ArgumentParser
internal import Martlet

/// `martlet topic alter`.
struct TopicAlterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alter",
        abstract: "Change settings of a topic, or add partitions.",
        usage: "martlet topic alter <topic> [<options>]",
        discussion: """
            More partitions mean that new records of a key may land in another partition than older ones.

            EXAMPLES
              martlet topic alter orders --config retention.ms=86400000
              martlet topic alter orders --unset retention.ms --partitions 24
            """
    )

    @Argument(help: "The topic.", transform: TopicText.parse)
    var topic: TopicName

    @OptionGroup var client: ClientOptions

    @Option(help: ArgumentHelp("How many partitions there are to be in all.", valueName: "number"))
    var partitions: Int32?

    @Option(
        help: ArgumentHelp("A setting and its new value; may be repeated.", valueName: "key=value"),
        transform: PairText.parse)
    var config: [PairText.Pair] = []

    @Option(help: ArgumentHelp("A setting that goes back to its default; may be repeated.", valueName: "key"))
    var unset: [String] = []

    @Flag(help: "Only say whether it would work.")
    var dryRun = false

    func validate() throws {
        guard partitions != nil || !config.isEmpty || !unset.isEmpty else {
            throw ValidationError(
                "say what to change: --config KEY=VALUE, --unset KEY or --partitions NUMBER")
        }
        if let partitions, partitions < 1 {
            throw ValidationError("--partitions takes a number of at least 1")
        }
        if let key = unset.first(where: { key in config.contains { $0.name == key } }) {
            throw ValidationError("\(key) cannot be both set and unset")
        }
    }

    func run() async throws {
        var changes = Dictionary(config.map { ($0.name, ConfigChange.set($0.value)) }) { _, last in last }
        for key in unset { changes[key] = .reset }
        try await MartletClient.with(try client.configuration()) { [changes] client in
            if !changes.isEmpty {
                try await client.admin.alterConfigs(of: .topic(topic), changes, validateOnly: dryRun)
            }
            if let partitions {
                try await client.admin.createPartitions(topic, count: partitions, validateOnly: dryRun)
            }
        }
        guard !client.quiet else { return }
        var output = BufferedOutput.standard()
        output.buffer.append("Topic \(topic) \(dryRun ? "could be changed" : "is changed").\n")
        try output.flush()
    }
}
