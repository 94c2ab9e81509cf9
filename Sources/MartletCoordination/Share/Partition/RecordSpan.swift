package import MartletCore
internal import MartletWire

/// Where a record stands in a share group.
enum RecordState: Hashable, Sendable {
    /// Waits for a member.
    case available
    /// A member has it, and nobody else gets it until then.
    case acquired(by: MemberID, until: Timestamp)
    /// Done.
    case acknowledged
    /// Given up. Its copy is on the way to the dead-letter topic, or about to be.
    case archiving(DeadLetter.Reason, isCopying: Bool)
    /// Given up, or there never was such a record.
    case archived

    /// Whether the record is done with.
    var isTerminal: Bool {
        switch self {
        case .acknowledged, .archived: true
        case .available, .acquired, .archiving: false
        }
    }

    var isAvailable: Bool { self == .available }

    func isAcquired(by member: MemberID) -> Bool {
        guard case .acquired(member, _) = self else { return false }
        return true
    }
}

/// Neighbouring offsets that stand alike.
struct RecordSpan: Hashable, Sendable {
    /// Whether the state has been written down.
    enum Saving: Sendable {
        case saved
        /// It is part of the write under way.
        case saving
        case unsaved
    }

    var first: Offset
    /// Inclusive.
    var last: Offset
    var state: RecordState
    /// How often the records were delivered, the time under way included.
    var deliveryCount: Int16
    var saving = Saving.saved

    var count: Int { Int(last - first) + 1 }

    /// Whether the other span, which follows this one, can become part of it.
    func isContinued(by next: RecordSpan) -> Bool {
        state == next.state && deliveryCount == next.deliveryCount && saving == next.saving
            && last + 1 == next.first
    }

    /// What is written down of it. A delivery under way is none of that: after a crash nobody has the
    /// records, and they are available as they were before.
    var stateBatch: WriteShareGroupStateRequest.StateBatch {
        var batch = WriteShareGroupStateRequest.StateBatch()
        batch.firstOffset = first
        batch.lastOffset = last
        batch.deliveryCount = deliveryCount
        switch state {
        case .available: batch.deliveryState = .available
        case .acquired:
            batch.deliveryState = .available
            batch.deliveryCount = deliveryCount - 1
        case .acknowledged: batch.deliveryState = .acknowledged
        case .archiving: batch.deliveryState = .archiving
        case .archived: batch.deliveryState = .archived
        }
        return batch
    }
}

/// Records that nobody could or would process, to be copied to the group's dead-letter topic.
package struct DeadLetter: Hashable, Sendable {
    package enum Reason: String, Sendable {
        /// A member rejected the records.
        case rejected
        /// They were delivered as often as the group allows, and nobody accepted them.
        case exhausted
    }

    package var first: Offset
    /// Inclusive.
    package var last: Offset
    package var reason: Reason
    package var deliveryCount: Int16

    package init(first: Offset, last: Offset, reason: Reason, deliveryCount: Int16) {
        self.first = first
        self.last = last
        self.reason = reason
        self.deliveryCount = deliveryCount
    }
}
