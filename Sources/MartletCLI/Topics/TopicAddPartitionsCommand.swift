internal import ArgumentParser
internal import Martlet

/// `martlet topic add-partitions`.
struct TopicAddPartitionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-partitions",
        abstract: "Give a topic more partitions.",
        usage: "martlet topic add-partitions <topic> <number> [<options>]",
        discussion: """
            New records of a key may then land in another partition than older ones. There is no way back.

            EXAMPLES
              martlet topic add-partitions orders 4
              martlet topic add-partitions orders --to 24 --dry-run
            """
    )

    @Argument(help: "The topic.", transform: TopicText.parse)
    var topic: TopicName

    @Argument(help: "How many more.")
    var number: Int32?

    @Option(help: ArgumentHelp("How many there are to be in all.", valueName: "number"))
    var to: Int32?

    @OptionGroup var client: ClientOptions

    @Flag(help: "Only say whether it would work.")
    var dryRun = false

    func validate() throws {
        guard (number == nil) != (to == nil) else {
            throw ValidationError("say how many more, or how many in all with --to")
        }
        guard (number ?? to ?? 0) >= 1 else { throw ValidationError("the number must be at least 1") }
    }

    func run() async throws {
        let total = try await MartletClient.with(try client.configuration()) { client in
            var total = to ?? 0
            if let number {
                let now = try await client.admin.describeTopic(topic).partitions.count
                let (sum, isTooLarge) = Int32(clamping: now).addingReportingOverflow(number)
                guard !isTooLarge else { throw CommandFailure("no topic can have that many partitions") }
                total = sum
            }
            try await client.admin.createPartitions(topic, count: total, validateOnly: dryRun)
            return total
        }
        guard !client.quiet else { return }
        var output = BufferedOutput.standard()
        output.buffer.append("Topic \(topic) \(dryRun ? "could have" : "has") \(total) partitions.\n")
        try output.flush()
    }
}
