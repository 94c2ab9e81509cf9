internal import MartletCore

/// What a batch does to its producer's transaction in this log.
enum TransactionChange: Sendable, Hashable {
    /// The first batch of a transaction has this offset.
    case began(at: Offset)
    /// A marker ended the transaction that began at `first`.
    case ended(first: Offset, marker: Offset, isCommit: Bool)
}
