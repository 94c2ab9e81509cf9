internal import ArgumentParser
internal import Martlet

/// `martlet txn`.
struct TxnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "txn",
        abstract: "List, describe and end transactions; find those that hang.",
        discussion: """
            EXAMPLES
              martlet txn list --state ongoing
              martlet txn describe billing-1
              martlet txn producers orders
              martlet txn find-hanging
              martlet txn abort --topic orders --partition 3 --start-offset 1234 --execute
              martlet txn fence billing-1 --execute
            """,
        subcommands: [
            TxnListCommand.self, TxnDescribeCommand.self, TxnProducersCommand.self,
            TxnFindHangingCommand.self, TxnAbortCommand.self, TxnFenceCommand.self,
        ]
    )
}

/// Transactional ids as arguments.
enum TransactionalIDText {
    @Sendable
    static func parse(_ text: String) throws -> TransactionalID {
        guard !text.isEmpty else { throw ValidationError("a transactional id cannot be empty") }
        return TransactionalID(text)
    }
}

extension TransactionState {
    private static let known: [TransactionState] = [
        .empty, .ongoing, .prepareCommit, .prepareAbort, .completeCommit, .completeAbort,
        .prepareEpochFence, .dead,
    ]

    /// Takes Kafka's words in any spelling: `PrepareCommit`, `prepare-commit`.
    init(spelled text: String) {
        let plain = text.lowercased().filter { $0 != "-" && $0 != "_" }
        self = Self.known.first { $0.rawValue.lowercased() == plain } ?? TransactionState(rawValue: text)
    }
}
