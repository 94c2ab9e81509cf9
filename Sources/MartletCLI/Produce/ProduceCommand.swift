internal import ArgumentParser
internal import Martlet

/// `martlet produce`.
struct ProduceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "produce",
        abstract: "Write records to a topic.",
        discussion: """
            Each line of standard input, or of the files, becomes a record, exactly as it is: nothing is \
            trimmed, empty lines count, and so does a last line without a line feed. Ends with success only \
            if every record was acknowledged.

            EXAMPLES
              martlet produce orders < orders.txt
              echo 'k1:hello' | martlet produce orders --key-separator :
              martlet produce orders --header source=import --compression zstd *.csv
              martlet produce images --whole-files --key cover cover.png
              martlet consume orders --until-end --json | martlet produce copy --json
              martlet produce orders --transactional-id import < orders.txt
            """
    )

    @Argument(help: "The topic.", transform: TopicText.parse)
    var topic: TopicName

    @Argument(help: "Files to read; - for standard input, which is also the default.", completion: .file())
    var file: [String] = []

    @OptionGroup var client: ClientOptions

    @Option(
        help: ArgumentHelp(
            "What stands before its first occurrence in a line is the key. A line without it has no key.",
            valueName: "text"), transform: EscapedText.parseNonEmpty)
    var keySeparator: [UInt8]?

    @Option(help: ArgumentHelp("Key of all records.", valueName: "text"))
    var key: String?

    @Option(
        name: [.customShort("H"), .long],
        help: ArgumentHelp("A header of all records; may be repeated.", valueName: "name=value"),
        transform: PairText.parse)
    var header: [PairText.Pair] = []

    @Option(
        name: [.customShort("p"), .long],
        help: ArgumentHelp("Write to this partition. (default: by key)", valueName: "number"))
    var partition: PartitionIndex?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Time of all records: 2025-11-21T08:30Z, milliseconds since 1970, -1h. (default: now)",
            valueName: "time"),
        transform: { try TimeText.parse($0.first == "@" ? $0.dropFirst() : $0[...]) })
    var timestamp: Timestamp?

    @Option(
        help: ArgumentHelp("A key or value that reads like this is null.", valueName: "text"),
        transform: EscapedText.parse)
    var null: [UInt8]?

    @Option(
        help: ArgumentHelp("What ends a record in the input. (default: \\n)", valueName: "text"),
        transform: EscapedText.parseNonEmpty)
    var delimiter: [UInt8]?

    @Flag(help: "Each line is a record in JSON, as consume --json prints them.")
    var json = false

    @Flag(help: "With --json: choose partitions by key, whatever the lines say.")
    var repartition = false

    @Flag(help: "Each file is one record.")
    var wholeFiles = false

    @OptionGroup(title: "Sending") var sending: SendOptions
    @OptionGroup(title: "Transactions") var transactions: ProduceTransactionOptions

    func validate() throws {
        if transactions.transactionalId != nil, sending.acks != .all || sending.noIdempotence {
            throw ValidationError("--transactional-id excludes --acks 0, --acks 1 and --no-idempotence")
        }
        if json, keySeparator != nil || wholeFiles || null != nil || delimiter != nil {
            throw ValidationError("--json excludes --key-separator, --null, --delimiter and --whole-files")
        }
        if wholeFiles, keySeparator != nil || delimiter != nil {
            throw ValidationError("--whole-files excludes --key-separator and --delimiter")
        }
        if repartition, !json { throw ValidationError("--repartition goes with --json only") }
        if repartition, partition != nil {
            throw ValidationError("--repartition and --partition exclude each other")
        }
        if let partition, partition < 0 {
            throw ValidationError("--partition takes a number from 0, not \(partition)")
        }
    }

    func run() async throws {
        let job = ProduceJob(client: try client.configuration(), producer: producer, plan: plan)
        try await Interruption.during(effect: .note) { interruption in try await job.run(interruption) }
    }

    private var producer: ProducerConfiguration {
        var configuration = sending.configuration()
        // The topic knows its limit, and its answer names it.
        configuration.maximumRecordBytes = configuration.bufferBytes
        configuration.transactionalID = transactions.transactionalId
        configuration.transactionTimeout = transactions.timeout
        return configuration
    }

    private var plan: ProduceJob.Plan {
        var template = RecordTemplate(topic: topic)
        template.partition = partition
        template.key = key.map { Bytes($0) }
        template.headers = header.map { RecordHeader(key: $0.name, value: Bytes($0.value)) }
        template.timestamp = timestamp
        template.keySeparator = keySeparator
        template.null = null
        return ProduceJob.Plan(
            files: file.isEmpty ? ["-"] : file,
            form: json
                ? .json(RecordJSONReader(template: template, repartitions: repartition)) : .plain(template),
            delimiter: wholeFiles ? nil : delimiter ?? [0x0A], topic: topic,
            transactions: transactions.limits, isVerbose: client.verbose, isQuiet: client.quiet)
    }
}
