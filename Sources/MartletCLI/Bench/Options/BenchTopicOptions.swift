internal import ArgumentParser
internal import Martlet

/// Which topics a benchmark uses.
struct BenchTopicOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Use this topic, which must exist, and leave it there; may be repeated. "
                + "(default: topics made for the run, and deleted after it)",
            valueName: "topic"),
        transform: TopicText.parse)
    var topic: [TopicName] = []

    @Option(help: ArgumentHelp("How many topics to make. (default: 1)", valueName: "number"))
    var topics: Int?

    @Option(help: ArgumentHelp("Partitions of each. (default: 1)", valueName: "number"))
    var partitions: Int32?

    @Option(
        help: ArgumentHelp("Copies of each. (default: the broker's default)", valueName: "number"))
    var replicationFactor: Int16?

    @Option(
        help: ArgumentHelp(
            "A setting of the topics, such as martlet.durability=os or cleanup.policy=compact; may be repeated.",
            valueName: "key=value"),
        transform: PairText.parse)
    var topicConfig: [PairText.Pair] = []

    @Flag(help: "Leave the topics there that were made for the run.")
    var keep = false

    func validate() throws {
        for (name, value) in [("topics", topics), ("partitions", partitions.map { Int($0) })] {
            if let value, !(1...100_000).contains(value) {
                throw ValidationError("--\(name) takes a number from 1 to 100000")
            }
        }
        if let replicationFactor, replicationFactor < 1 {
            throw ValidationError("--replication-factor takes a number of at least 1")
        }
        guard topic.isEmpty else {
            let shapes =
                topics != nil || partitions != nil || replicationFactor != nil || !topicConfig.isEmpty
            if shapes || keep {
                throw ValidationError(
                    "--topic names topics that exist, which stay as they are: it excludes --topics, --partitions,"
                        + " --replication-factor, --topic-config and --keep")
            }
            guard Set(topic).count == topic.count else {
                throw ValidationError("--topic names a topic twice")
            }
            return
        }
    }

    var plan: BenchPlan.Topics {
        BenchPlan.Topics(
            existing: topic, count: topics ?? 1, partitions: partitions ?? 1,
            replicationFactor: replicationFactor,
            configuration: Dictionary(topicConfig.map { ($0.name, $0.value) }) { _, last in last },
            isKept: keep)
    }
}
