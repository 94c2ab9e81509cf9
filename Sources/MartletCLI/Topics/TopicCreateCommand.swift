internal import ArgumentParser
internal import Martlet

/// `martlet topic create`.
struct TopicCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create topics.",
        usage: "martlet topic create <topic> ... [<options>]",
        discussion: """
            EXAMPLES
              martlet topic create orders
              martlet topic create orders payments --partitions 12 --if-not-exists
              martlet topic create state --config cleanup.policy=compact --dry-run
            """
    )

    @Argument(help: "The topics.", transform: TopicText.parse)
    var topic: [TopicName]

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    @Option(
        help: ArgumentHelp("How many partitions. (default: the broker's num.partitions)", valueName: "number")
    )
    var partitions: Int32?

    @Option(
        help: ArgumentHelp(
            "How many copies. (default: the broker's default.replication.factor)", valueName: "number"))
    var replicationFactor: Int16?

    @Option(
        help: ArgumentHelp(
            "A setting that differs from its default; may be repeated.", valueName: "key=value"),
        transform: PairText.parse)
    var config: [PairText.Pair] = []

    @Flag(help: "Be content with a topic that exists, whatever it looks like.")
    var ifNotExists = false

    @Flag(help: "Only say whether it would work.")
    var dryRun = false

    func validate() throws {
        if let partitions, partitions < 1 {
            throw ValidationError("--partitions takes a number of at least 1")
        }
        if let replicationFactor, replicationFactor < 1 {
            throw ValidationError("--replication-factor takes a number of at least 1")
        }
    }

    func run() async throws {
        let configuration = Dictionary(config.map { ($0.name, $0.value) }) { _, last in last }
        let topics = topic.map { name in
            NewTopic(
                name, partitions: partitions, replicationFactor: replicationFactor,
                configuration: configuration)
        }
        let results = try await MartletClient.with(try client.configuration()) { client in
            try await client.admin.createTopics(topics, validateOnly: dryRun)
        }
        var outcome = NamedOutcome(of: "topic", json: form.json, isQuiet: client.quiet)
        for name in topic {
            switch results[name] {
            case .success(let created)?:
                let done = dryRun ? "could be created" : "is created"
                let count = created.partitionCount.map { ", partitions: \($0)" } ?? ""
                outcome.succeed(name, "Topic \(name) \(done)\(count).") { json in
                    json.field("id", dryRun ? nil : created.id?.description)
                    json.field("partitions", created.partitionCount)
                    json.field("created", !dryRun)
                }
            case .failure(let error)? where ifNotExists && error.code == .broker(.topicAlreadyExists):
                outcome.succeed(name, "Topic \(name) exists.") { json in json.field("created", false) }
            case .failure(let error)?:
                outcome.fail(name, error)
            case nil:
                outcome.fail(
                    name, MartletError(.protocolViolation, "the broker does not say what became of \(name)"))
            }
        }
        try outcome.finish()
    }
}
