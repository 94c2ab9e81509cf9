package import MartletCore
package import MartletWire

/// A coordinator as whoever runs it sees it: records in when it is loaded, events in while it serves, effects
/// out after each event.
///
/// All calls come from one event loop. `apply` is called for each record of the log in order, then `didLoad`
/// once, and only then anything else. `takeEffects` is called after each event and leaves nothing behind.
package protocol CoordinatorMachine: AnyObject, SendableMetatype {
    associatedtype Record: StoredRecord

    func apply(_ record: Record)
    /// What loading calls; `offset` is the record's place in the log, for coordinators that care.
    func apply(_ record: Record, at offset: Offset)
    func didLoad(now: Timestamp)
    func overridesChanged(_ overrides: [GroupID: GroupOverrides], now: Timestamp)
    func topicsChanged(_ catalogue: TopicCatalogue, now: Timestamp)
    /// When `advance` should be called at the latest, if nothing else happens.
    var nextDeadline: Timestamp? { get }
    func advance(to now: Timestamp)
    func takeEffects() -> Effects<Record>
    /// Takes the outcome of what it asked of the share state.
    func shareStateAnswered(_ ticket: ShareStateTicket, _ outcomes: [ShareStateOutcome], now: Timestamp)
    /// No record of the log in front of this offset is needed any more, once all that was appended so far is
    /// durable; nil if compaction takes care of that.
    var redundantBelow: Offset? { get }
}

extension CoordinatorMachine {
    package func apply(_ record: Record, at offset: Offset) { apply(record) }
    package func overridesChanged(_ overrides: [GroupID: GroupOverrides], now: Timestamp) {}
    package func shareStateAnswered(
        _ ticket: ShareStateTicket, _ outcomes: [ShareStateOutcome], now: Timestamp
    ) {}
    package var redundantBelow: Offset? { nil }
}

/// A record of a coordinator's log.
package protocol StoredRecord: Sendable {
    func encoded() throws(WireError) -> (key: Bytes, value: Bytes?)
    /// nil for a record of a kind that is not ours to apply.
    init?(key: Bytes, value: Bytes?) throws(WireError)
}

extension CoordinatorRecord: StoredRecord {}
extension GroupCoordinator: CoordinatorMachine {}
