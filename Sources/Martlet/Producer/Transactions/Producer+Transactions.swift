public import MartletCore

/// Transactions: records in any number of partitions, and offsets of groups, that readers of committed
/// records see all or none of.
///
/// `withTransaction` is the form to use. The single steps are for those who have to fit transactions into
/// something else: `initTransactions` once; then `beginTransaction`, any sending, and `commitTransaction` or
/// `abortTransaction`, again and again. One transaction is open at a time.
///
/// Errors come in two kinds. One for which `MartletError.isFatalToProducer` holds is the end of the producer:
/// most often another one with the same transactional id has taken over. After all others the transaction
/// must be aborted, which `withTransaction` has done when it throws, and the next one may begin.
extension Producer {
    /// Runs a transaction: commits when `body` returns; aborts when it throws, when anything it sent fails,
    /// or when the task is cancelled.
    ///
    ///     try await producer.withTransaction { transaction in
    ///         try await transaction.enqueue(ProducerRecord(topic: "debits", key: "a", value: "100"))
    ///         try await transaction.enqueue(ProducerRecord(topic: "credits", key: "b", value: "100"))
    ///     }
    ///
    /// Initialises the producer at the first time. All that was enqueued is delivered before the commit.
    ///
    /// - Throws: What `body` throws, or why the transaction could not be committed. With `isRetriable` the
    ///   transaction may be done again; `timedOut` says that nobody knows whether it is committed.
    @discardableResult
    public func withTransaction<Result>(
        _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try await core.prepareTransaction()
        let transaction = Transaction(core: core, number: try core.beginTransaction())
        let result: Result
        do {
            result = try await body(transaction)
            if Task.isCancelled { throw MartletError.cancelled("the transaction") }
        } catch {
            throw await abort(after: error)
        }
        do {
            try await core.commitTransaction()
        } catch {
            throw await abort(after: error)
        }
        return result
    }

    /// - Returns: What to tell. The first error says more, unless there is no going on after the second. If
    ///   aborting fails for another reason, the next transaction begins with it.
    private func abort(after error: any Error) async -> any Error {
        do throws(MartletError) {
            try await core.abortTransaction()
        } catch let end {
            if end.isFatalToProducer, error is MartletError { return end }
        }
        return error
    }

    /// Prepares the producer for transactions: aborts what an earlier producer with the same transactional id
    /// has left open, and fences it. Does nothing if that has been done; `withProducer` and `withTransaction`
    /// do it by themselves.
    public func initTransactions() async throws(MartletError) {
        try await core.initTransactions()
    }

    /// Opens a transaction. Until it has ended, all that is sent is part of it.
    public func beginTransaction() throws(MartletError) {
        _ = try core.beginTransaction()
    }

    /// Stores how far a group has got, if and when the transaction commits.
    ///
    /// - Parameter offsets: For each partition that of the next record to read.
    public func sendOffsets(
        _ offsets: [TopicPartition: Offset], of group: GroupMembership
    ) async throws(MartletError) {
        try await core.sendOffsets(offsets, of: group)
    }

    /// Waits until all that was sent is delivered, and commits.
    ///
    /// - Throws: `timedOut` if the coordinator does not answer, so that nobody knows whether it is committed:
    ///   call it again to find out, or `initTransactions` to go on without. After other errors, abort.
    public func commitTransaction() async throws(MartletError) {
        try await core.commitTransaction()
    }

    /// Gives up what is not delivered, and aborts. Cancelling the task does not cut it short, unless the
    /// brokers do not answer either.
    public func abortTransaction() async throws(MartletError) {
        try await core.abortTransaction()
    }
}

/// The transaction that is open, while `Producer.withTransaction` runs its body.
public struct Transaction: Sendable {
    let core: ProducerCore
    let number: Int

    /// Sends a record and waits until it is acknowledged: in its place, but not committed yet.
    @discardableResult
    public func send(_ record: ProducerRecord) async throws(MartletError) -> RecordMetadata {
        try core.requireTransaction(number)
        if let tracing = core.tracing { return try await tracing.send(record, by: core) }
        return try await core.enqueue(record, isAwaited: true).metadata()
    }

    /// Sends records and waits until all are acknowledged.
    @discardableResult
    public func send(contentsOf records: [ProducerRecord]) async throws(MartletError) -> [RecordMetadata] {
        try core.requireTransaction(number)
        if let tracing = core.tracing { return try await tracing.send(records, by: core) }
        return try await core.enqueue(records, isAwaited: true).metadata()
    }

    /// Hands a record over. The commit waits for its delivery, and fails with it.
    @discardableResult
    public func enqueue(_ record: ProducerRecord) async throws(MartletError) -> Delivery {
        try core.requireTransaction(number)
        if let tracing = core.tracing { return try await tracing.enqueue(record, by: core) }
        return try await core.enqueue(record, isAwaited: false)
    }

    /// Hands records over, at a fraction of the cost for each.
    @discardableResult
    public func enqueue(contentsOf records: [ProducerRecord]) async throws(MartletError) -> Deliveries {
        try core.requireTransaction(number)
        if let tracing = core.tracing { return try await tracing.enqueue(records, by: core) }
        return try await core.enqueue(records, isAwaited: false)
    }

    /// Stores how far a group has got, if and when the transaction commits.
    ///
    /// - Parameter offsets: For each partition that of the next record to read.
    public func sendOffsets(
        _ offsets: [TopicPartition: Offset], of group: GroupMembership
    ) async throws(MartletError) {
        try core.requireTransaction(number)
        try await core.sendOffsets(offsets, of: group)
    }
}
