internal import ArgumentParser
internal import Martlet

/// Whether and how `martlet produce` writes in transactions.
struct ProduceTransactionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write in transactions under this id: all of the input is one, unless it is cut.",
            valueName: "id"),
        transform: TransactionalIDText.parse)
    var transactionalId: TransactionalID?

    @Option(help: ArgumentHelp("Commit after so many records.", valueName: "number"))
    var transactionRecords: Int?

    @Option(
        help: ArgumentHelp("Commit after so long, also while there is no input.", valueName: "duration"),
        transform: DurationText.parse)
    var transactionInterval: Duration?

    @Option(
        help: ArgumentHelp(
            "How long a transaction may be open before the broker aborts it. (default: 1m; 15m where all of "
                + "the input is one)",
            valueName: "duration"),
        transform: DurationText.parse)
    var transactionTimeout: Duration?

    func validate() throws {
        guard
            transactionalId != nil
                || (transactionRecords == nil && transactionInterval == nil && transactionTimeout == nil)
        else {
            throw ValidationError(
                "--transaction-records, --transaction-interval and --transaction-timeout need"
                    + " --transactional-id"
            )
        }
        if let transactionRecords, transactionRecords < 1 {
            throw ValidationError("--transaction-records takes a number of at least 1")
        }
        if let transactionInterval {
            guard transactionInterval > .zero else {
                throw ValidationError("--transaction-interval takes a duration longer than 0")
            }
            guard transactionInterval < timeout else {
                throw ValidationError("--transaction-timeout must be longer than --transaction-interval")
            }
        }
    }

    /// Nil without transactions.
    var limits: ProduceTransactions.Limits? {
        guard transactionalId != nil else { return nil }
        return ProduceTransactions.Limits(records: transactionRecords, interval: transactionInterval)
    }

    /// All of the input may take its time; what is cut should not.
    var timeout: Duration {
        transactionTimeout ?? (limits?.isWhole == true ? .seconds(900) : .seconds(60))
    }
}
