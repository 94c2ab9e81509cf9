import MartletCore

/// What must not happen, by the names of Adya and Jepsen where they have one.
enum Anomaly: Hashable {
    /// G1a: someone who reads committed records only has seen one of a transaction that was aborted.
    case abortedRead(TransactionName, Value, by: String)
    /// The commit was confirmed, and the record is not there.
    case lostWrite(TransactionName, Value)
    case duplicate(Value, TopicPartition)
    /// Nobody wrote this record to this partition.
    case inventedRecord(Value, TopicPartition)
    /// Of a transaction without a confirmed end some records count and others do not.
    case tornTransaction(TransactionName, visible: [Value], missing: [Value])
    /// G1b: a consumer has passed a place, and a record is there that it has not got.
    case skippedRecord(Value, at: Offset, of: TopicPartition, by: String)
    /// A consumer has seen a record that is not there any more, or another at its place.
    case takenBack(History.Place, TopicPartition, by: String)
    /// The records of a transactional id do not lie in the order in which it wrote them.
    case outOfOrder(Value, after: Value, TopicPartition)
    /// G0 beyond what is permitted: of two transactions, one over before the other began, the later has a
    /// record before one of the earlier.
    case writeCycle(TransactionName, TransactionName, TopicPartition)
    /// A last stable offset or high watermark fell back.
    case fellBack(TopicPartition, from: Offset, to: Offset)
    /// A fenced client has committed a transaction that it began later.
    case zombieCommitted(TransactionName, ClientName)
    /// The same input counts in two transactions, or in none.
    case consumptionBroken(TransactionName, GroupID, TopicPartition, expected: Offset, found: Offset)
    /// Two outputs of one input.
    case sourceCopiedTwice(Value)
    /// The offsets of a group are not those of the outputs that are there.
    case offsetsApart(GroupID, TopicPartition, expected: Offset?, found: Offset?)
    /// A group was told of an offset that no committed transaction has brought it to.
    case offsetOfNobody(GroupID, TopicPartition, Offset)
    /// A group was told less than a commit that had been confirmed before it asked.
    case staleOffset(GroupID, TopicPartition, expected: Offset, found: Offset?)
    /// A transaction is open that nobody will end: readers wait for ever.
    case hangingTransaction(TopicPartition, at: Offset)
    /// No transaction can be completed under this id any more.
    case stuck(TransactionalID)
}
