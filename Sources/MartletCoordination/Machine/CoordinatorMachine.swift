package import MartletCore
package import MartletWire

/// A coordinator as whoever runs it sees it: records in when it is loaded, events in while it serves, effects
/// out after each event.
///
/// All calls come from one event loop. `apply` and `transactionEnded` are called as the log has it, in order,
/// then `didLoad` once, and only then anything else. `takeEffects` is called after each event and leaves
/// nothing behind.
package protocol CoordinatorMachine: AnyObject, SendableMetatype {
    associatedtype Record: StoredRecord
    /// What the coordinator asks of other parts of the broker.
    associatedtype Errand: Sendable = Never
    associatedtype ErrandOutcome: Sendable = Never

    func apply(_ record: Record)
    /// What loading calls; `offset` is the record's place in the log, for coordinators that care.
    func apply(_ record: Record, at offset: Offset)
    /// Loads a record of a transaction, which counts when the transaction is committed.
    func apply(_ record: Record, of producer: ProducerID)
    /// The mark that ends the transaction of a producer is in the log: when it is loaded, and while serving.
    func transactionEnded(_ producer: ProducerID, isCommit: Bool, now: Timestamp)
    func didLoad(now: Timestamp)
    func overridesChanged(_ overrides: [GroupID: GroupOverrides], now: Timestamp)
    func topicsChanged(_ catalogue: TopicCatalogue, now: Timestamp)
    /// When `advance` should be called at the latest, if nothing else happens.
    var nextDeadline: Timestamp? { get }
    func advance(to now: Timestamp)
    func takeEffects() -> Effects<Record, Errand>
    /// Takes the outcome of what it asked for.
    func errandDone(_ ticket: ErrandTicket, _ outcome: ErrandOutcome, now: Timestamp)
    /// No record of the log in front of this offset is needed any more, once all that was appended so far is
    /// durable; nil if compaction takes care of that.
    var redundantBelow: Offset? { get }
}

extension CoordinatorMachine {
    package func apply(_ record: Record, at offset: Offset) { apply(record) }
    /// Most coordinators store nothing in transactions.
    package func apply(_ record: Record, of producer: ProducerID) {}
    package func transactionEnded(_ producer: ProducerID, isCommit: Bool, now: Timestamp) {}
    package func overridesChanged(_ overrides: [GroupID: GroupOverrides], now: Timestamp) {}
    package var redundantBelow: Offset? { nil }
}

extension CoordinatorMachine where Errand == Never, ErrandOutcome == Never {
    package func errandDone(_ ticket: ErrandTicket, _ outcome: Never, now: Timestamp) {}
}

/// A record of a coordinator's log.
package protocol StoredRecord: Sendable {
    func encoded() throws(WireError) -> (key: Bytes, value: Bytes?)
    /// nil for a record of a kind that is not ours to apply.
    init?(key: Bytes, value: Bytes?) throws(WireError)
}

extension CoordinatorRecord: StoredRecord {}
extension GroupCoordinator: CoordinatorMachine {}
