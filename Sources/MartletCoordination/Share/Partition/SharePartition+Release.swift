package import MartletCore

extension SharePartition {
    /// Makes acquired records available again, or gives them up if they were delivered often enough.
    mutating func release(_ first: Offset, _ last: Offset, undoesDelivery: Bool = false) {
        for span in Array(spans.overlapping(first, last)) {
            let from = max(span.first, first)
            let to = min(span.last, last)
            guard undoesDelivery || span.deliveryCount < settings.deliveryCountLimit else {
                giveUp(from, to, .exhausted)
                continue
            }
            spans.change(from, to) { span in
                span.state = .available
                if undoesDelivery { span.deliveryCount -= 1 }
                span.saving = .unsaved
            }
            availableHint = min(availableHint, from)
            didChange()
        }
    }

    /// Takes back everything that a member has, as its session ends.
    ///
    /// - Parameter undoesDelivery: The member took its leave: it has looked at everything that it wanted to,
    ///   and the rest counts as never delivered. A member that just disappears may have died of a record, and
    ///   such a record must reach its limit.
    package mutating func releaseAll(of member: MemberID, undoesDelivery: Bool) {
        for span in spans.spans.filter({ $0.state.isAcquired(by: member) }) {
            release(span.first, span.last, undoesDelivery: undoesDelivery)
        }
        advanceStart()
    }

    /// When `advance` has something to do, or earlier.
    package var nextDeadline: Timestamp? { nextLockEnd }

    /// Takes back the records whose time is up.
    package mutating func advance(to now: Timestamp) {
        guard let due = nextLockEnd, due <= now else { return }
        for span in spans.spans {
            guard case .acquired(_, let until) = span.state, until <= now else { continue }
            release(span.first, span.last)
        }
        nextLockEnd = spans.spans.compactMap { span in
            guard case .acquired(_, let until) = span.state else { return nil }
            return until
        }.min()
        advanceStart()
    }

    /// The log has given up its records before `offset`; nobody can get them any more.
    package mutating func logStartMoved(to offset: Offset) {
        logStart = max(logStart, offset)
        moveStart(to: offset)
        advanceStart()
    }
}
