internal import ArgumentParser
internal import Martlet

/// `martlet txn list`.
struct TxnListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List transactional ids and the states of their transactions.",
        usage: "martlet txn list [<options>]",
        discussion: """
            Without a terminal the fields are separated by tabs and there is no heading.

            EXAMPLES
              martlet txn list
              martlet txn list --state ongoing --open-for 5m
              martlet txn list --regex 'billing-.*' --json
            """
    )

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    @Option(
        help: ArgumentHelp(
            "Only transactions in this state: empty, ongoing, prepare-commit, …; may be repeated.",
            valueName: "state"))
    var state: [String] = []

    @Option(help: ArgumentHelp("Only of this producer; may be repeated.", valueName: "number"))
    var producerId: [Int64] = []

    @Option(
        help: ArgumentHelp(
            "Only transactions that have been open for longer.", valueName: "duration"),
        transform: DurationText.parse)
    var openFor: Duration?

    @Option(
        help: ArgumentHelp("Only transactional ids that match as a whole.", valueName: "pattern"))
    var regex: String?

    func run() async throws {
        var filter = TransactionFilter()
        filter.states = Set(state.map(TransactionState.init(spelled:)))
        filter.producerIDs = Set(producerId.map { ProducerID(rawValue: $0) })
        filter.openFor = openFor
        filter.pattern = regex
        let isFiltered = filter != TransactionFilter()
        let transactions = try await MartletClient.with(try client.configuration()) { [filter] client in
            try await client.admin.listTransactions(filter)
        }
        try Self.show(transactions, isFiltered: isFiltered, json: form.json)
    }

    private static func show(
        _ transactions: [ListedTransaction], isFiltered: Bool, json: Bool
    ) throws {
        var answer = Answer(json: json)
        if answer.isJSON {
            for transaction in transactions {
                answer.buffer.line { json in
                    json.field("transactionalId", transaction.id.rawValue)
                    json.field("state", transaction.state.rawValue)
                    json.field("producerId", transaction.producerID.rawValue)
                    json.field("coordinator", transaction.coordinator.rawValue)
                }
            }
        } else if transactions.isEmpty, answer.style != .tabs {
            answer.write(
                isFiltered
                    ? "There are no such transactions.\n"
                    : "There are no transactional ids; one comes into being with its first producer.\n")
        } else {
            var table = Table([
                .left("TRANSACTIONAL ID"), .left("STATE"), .right("PRODUCER"), .right("COORDINATOR"),
            ])
            for transaction in transactions {
                table.add([
                    transaction.id.rawValue, "\(transaction.state)", "\(transaction.producerID)",
                    "\(transaction.coordinator)",
                ])
            }
            answer.write(table)
        }
        try answer.finish()
    }
}
