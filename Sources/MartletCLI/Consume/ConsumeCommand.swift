internal import ArgumentParser
internal import Martlet

/// `martlet consume`.
struct ConsumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume",
        abstract: "Print the records of topics.",
        discussion: """
            Prints the value of each record and a line feed, and waits for more until told otherwise. \
            Records of one partition come in order; those of several come as they arrive. As a member of a \
            group, it stores an offset only after the record has been written.

            EXAMPLES
              martlet consume orders --until-end
              martlet consume orders --from -10 --partition 3
              martlet consume orders --from @-1h --until @now --json
              martlet consume orders --format '%p %o %k: %s\\n' --count 5
              martlet consume orders --key-separator '\\t' | head
              martlet consume orders payments --group billing
              martlet consume --regex 'orders-.*' --group audit --from end --json
            """
    )

    @Argument(help: "The topics.")
    var topic: [String]

    @Flag(help: "The argument is a pattern, and all topics whose whole names match are meant.")
    var regex = false

    @OptionGroup(title: "Groups") var group: GroupOptions
    @OptionGroup var client: ClientOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Where to begin: beginning, end, an offset, -N (the last N of each partition), @TIME (@2025-11-21T08:00Z, "
                + "@-1h, @ and milliseconds since 1970). With --group only where the group has stored "
                + "nothing. (default: beginning)",
            valueName: "position"),
        transform: PositionText.parseStart)
    var from: StartPosition?

    @Option(
        help: ArgumentHelp("Where to stop: end, before an offset, before @TIME.", valueName: "position"),
        transform: PositionText.parseStop)
    var until: StopPosition?

    @Flag(help: "Stop with what the topic has now, as --until end does.")
    var untilEnd = false

    @Option(
        name: [.customShort("p"), .long],
        help: ArgumentHelp("Read this partition only; may be repeated. (default: all)", valueName: "number"))
    var partition: [PartitionIndex] = []

    @Option(name: .shortAndLong, help: ArgumentHelp("Stop after so many records.", valueName: "number"))
    var count: Int?

    @Option(
        help: ArgumentHelp("Stop when no record has come for so long.", valueName: "duration"),
        transform: DurationText.parse)
    var idleTimeout: Duration?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("How to print a record: \(RecordFormat.help).", valueName: "text"),
        transform: RecordFormat.parse)
    var format: RecordFormat?

    @Flag(help: "Print each record as one line of JSON, which produce --json reads.")
    var json = false

    @Option(
        help: ArgumentHelp("What to print after each record. (default: \\n)", valueName: "text"),
        transform: EscapedText.parse)
    var delimiter: [UInt8]?

    @Flag(help: "Print nothing after a record.")
    var noDelimiter = false

    @Option(
        help: ArgumentHelp("Print the key and this text before the value.", valueName: "text"),
        transform: EscapedText.parseNonEmpty)
    var keySeparator: [UInt8]?

    @Option(
        help: ArgumentHelp(
            "What to print for a key or value that is null. (default: nothing)", valueName: "text"),
        transform: EscapedText.parse)
    var null: [UInt8]?

    @Option(help: "Whether to print records of transactions that are undecided or aborted.")
    var isolation: IsolationName = .readCommitted

    func validate() throws {
        if regex {
            guard topic.count == 1 else { throw ValidationError("--regex takes one pattern") }
            guard (try? Regex(topic[0])) != nil else {
                throw ValidationError("\"\(topic[0])\" is no pattern that can be used")
            }
        } else {
            for name in topic { _ = try TopicText.parse(name) }
        }
        if group.group != nil {
            guard partition.isEmpty, until == nil, !untilEnd else {
                throw ValidationError(
                    "with --group the group decides what is read: leave out --partition, --until and --until-end;"
                        + " --count and --idle-timeout end it")
            }
        }
        let styles = [
            format != nil, json, delimiter != nil || noDelimiter || keySeparator != nil || null != nil,
        ]
        guard styles.filter(\.self).count <= 1 else {
            throw ValidationError(
                "--format, --json and --delimiter, --key-separator, --null exclude each other")
        }
        guard delimiter == nil || !noDelimiter else {
            throw ValidationError("--delimiter and --no-delimiter exclude each other")
        }
        guard until == nil || !untilEnd else {
            throw ValidationError("--until and --until-end exclude each other")
        }
        if let count, count < 1 { throw ValidationError("--count takes a number of at least 1") }
        if let negative = partition.first(where: { $0 < 0 }) {
            throw ValidationError("--partition takes a number from 0, not \(negative)")
        }
    }

    func run() async throws {
        let configuration = try client.configuration()
        let topics = topic.map { TopicName($0) }
        if let group = group.configuration(
            regex ? .pattern(topic[0]) : .topics(topics), start: plan.start)
        {
            let job = GroupConsumeJob(client: configuration, group: group, plan: plan)
            return try await Interruption.during(effect: .cancel) { _ in try await job.run() }
        }
        let job = ConsumeJob(client: configuration, plan: plan)
        try await Interruption.during(effect: .cancel) { _ in try await job.run() }
    }

    private var plan: ConsumeJob.Plan {
        var plan = ConsumeJob.Plan(topics: regex ? [] : topic.map { TopicName($0) })
        plan.pattern = regex ? topic[0] : nil
        plan.partitions = partition
        plan.start = from ?? .beginning
        plan.stop = untilEnd ? .end : until ?? .never
        plan.count = count
        plan.idleTimeout = idleTimeout
        plan.isolation = isolation.level
        plan.isVerbose = client.verbose
        if let format {
            plan.style = .format(format)
        } else if json {
            plan.style = .json
        } else {
            plan.style = .plain(
                RecordStyle.Plain(
                    delimiter: noDelimiter ? [] : delimiter ?? [0x0A], keySeparator: keySeparator,
                    null: null ?? []))
        }
        return plan
    }
}
