internal import ArgumentParser
internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// `martlet txn fence`.
struct TxnFenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fence",
        abstract: "End the work of the producers that use transactional ids.",
        usage: "martlet txn fence <transactional-id> ... [<options>]",
        discussion: """
            Their transactions are aborted, and whatever they send from now on is refused; a new producer \
            may use the id. Shows what would be fenced; only --execute does it.

            EXAMPLES
              martlet txn fence billing-1
              martlet txn fence billing-1 billing-2 --execute
            """
    )

    @Argument(help: "The transactional ids.", transform: TransactionalIDText.parse)
    var transactionalId: [TransactionalID]

    @Flag(help: "Do it. Without this, only what would be done is shown.")
    var execute = false

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        try await FenceJob(
            ids: transactionalId, execute: execute, json: form.json, isQuiet: client.quiet
        ).run(try client.configuration())
    }
}

/// Fences transactional ids, or says what that would do.
struct FenceJob: Sendable {
    let ids: [TransactionalID]
    let execute: Bool
    let json: Bool
    let isQuiet: Bool

    func run(_ configuration: ClientConfiguration) async throws {
        // An id that nobody uses would come into being by fencing it, so each is looked at first.
        let (known, fenced) = try await MartletClient.with(configuration) { client in
            let known = try await client.admin.describeTransactions(ids)
            let present = ids.filter { if case .success? = known[$0] { true } else { false } }
            return (known, execute ? try await client.admin.fenceProducers(present) : [:])
        }
        var outcome = NamedOutcome(of: "transactionalId", json: json, isQuiet: isQuiet && execute)
        for id in ids {
            do throws(MartletError) {
                let before = try Self.result(id, in: known)
                if execute {
                    let after = try Self.result(id, in: fenced)
                    outcome.succeed(id, Self.sentence(before)) { json in
                        write(before, to: &json)
                        json.field("newProducerId", after.producerID.rawValue)
                        json.field("newProducerEpoch", after.producerEpoch.rawValue)
                    }
                } else {
                    outcome.succeed(id, Self.plan(before)) { write(before, to: &$0) }
                }
            } catch {
                outcome.fail(id, error)
            }
        }
        try outcome.finish()
        guard !execute, !isQuiet else { return }
        try Descriptor.write(
            "This is a plan; nothing is changed. Add --execute to do it.\n", to: STDERR_FILENO)
    }

    private static func result<Value>(
        _ id: TransactionalID, in results: [TransactionalID: Result<Value, MartletError>]
    ) throws(MartletError) -> Value {
        guard let result = results[id] else {
            throw MartletError(.protocolViolation, "the broker does not say what became of \(id)")
        }
        return try result.get()
    }

    private func write(_ transaction: TransactionDescription, to json: inout OutputBuffer) {
        json.field("state", transaction.state.rawValue)
        json.field("producerId", transaction.producerID.rawValue)
        json.field("producerEpoch", transaction.producerEpoch.rawValue)
        json.field("done", execute)
    }

    private static func plan(_ transaction: TransactionDescription) -> String {
        let partitions = PartitionSelection.text(transaction.partitions)
        let what = transaction.state == .ongoing ? ", and abort its transaction in \(partitions)" : ""
        return "Would fence producer \(transaction.producerID), epoch \(transaction.producerEpoch), of"
            + " \(transaction.id) (\(transaction.state))\(what)."
    }

    private static func sentence(
        _ before: TransactionDescription
    ) -> String {
        "Producer \(before.producerID), epoch \(before.producerEpoch), of \(before.id) is fenced"
            + (before.state == .ongoing ? "; its transaction is aborted." : ".")
    }
}
