package import MartletCore
package import MartletWire

extension SharePartition {
    /// What became of a member's acknowledgements of one partition.
    package enum Acknowledgement: Equatable, Sendable {
        /// None of them counts.
        case refused(ErrorCode, String)
        /// All count, and nothing of it has to be saved.
        case done
        /// All count, and are safe when this change is saved.
        case saving(UInt64)
    }

    /// Takes what a member says about its records: all of it, or nothing if it may not say some of it.
    ///
    /// - Parameter allowsRenewal: Whether the request announced that it renews locks.
    package mutating func acknowledge(
        _ batches: [AcknowledgementBatch], by member: MemberID, allowsRenewal: Bool, now: Timestamp
    ) -> Acknowledgement {
        if let refusal = Self.objection(to: batches, allowsRenewal: allowsRenewal) { return refusal }
        for batch in batches {
            guard batch.lastOffset < end else {
                return .refused(
                    .invalidRecordState, "The records up to \(batch.lastOffset) are not acquired.")
            }
            // What the log gave up meanwhile is done with, whatever the member says.
            let first = max(batch.firstOffset, min(logStart, start))
            guard first >= start || first > batch.lastOffset else {
                return .refused(.invalidRecordState, "Another member is done with some of these records.")
            }
            guard spans.overlapping(first, batch.lastOffset).allSatisfy({ $0.state.isAcquired(by: member) })
            else { return .refused(.invalidRecordState, "The member does not have all of these records.") }
        }
        var hasChanged = false
        for batch in batches {
            Self.forEachRun(in: batch) { first, last, type in
                guard last >= start else { return }
                hasChanged = apply(type, max(first, start), last, now: now) || hasChanged
            }
        }
        guard hasChanged else { return .done }
        advanceStart()
        return pendingChange.map { .saving($0) } ?? .done
    }

    /// What is wrong with acknowledgements whatever they concern.
    package static func objection(
        to batches: [AcknowledgementBatch], allowsRenewal: Bool
    ) -> Acknowledgement? {
        var next: Offset = 0
        for batch in batches {
            guard batch.firstOffset >= next, batch.lastOffset >= batch.firstOffset,
                batch.lastOffset.rawValue < .max
            else { return .refused(.invalidRequest, "The acknowledged offsets are not in order.") }
            next = batch.lastOffset + 1
            let types = batch.acknowledgeTypes
            guard types.count == 1 || Int64(types.count) == next - batch.firstOffset else {
                return .refused(
                    .invalidRequest, "There must be one acknowledge type for all records, or one for each.")
            }
            let last = allowsRenewal ? AcknowledgeType.renew : .reject
            guard types.allSatisfy({ (AcknowledgeType.gap.rawValue...last.rawValue).contains($0.rawValue) })
            else { return .refused(.invalidRequest, "An acknowledge type is invalid.") }
        }
        return nil
    }

    /// Neighbours with the same type together.
    private static func forEachRun(
        in batch: AcknowledgementBatch, _ body: (Offset, Offset, AcknowledgeType) -> Void
    ) {
        let types = batch.acknowledgeTypes
        guard types.count > 1 else { return body(batch.firstOffset, batch.lastOffset, types[0]) }
        var begin = 0
        for index in 1...types.count where index == types.count || types[index] != types[begin] {
            body(batch.firstOffset + Int64(begin), batch.firstOffset + Int64(index) - 1, types[begin])
            begin = index
        }
    }

    /// Returns whether something has to be saved.
    private mutating func apply(
        _ type: AcknowledgeType, _ first: Offset, _ last: Offset, now: Timestamp
    ) -> Bool {
        switch type {
        case .release:
            release(first, last)
        case .reject:
            giveUp(first, last, .rejected)
        case .renew:
            renew(first, last, now: now)
            return false
        default:
            let state: RecordState = type == .accept ? .acknowledged : .archived
            spans.change(first, last) { span in
                span.state = state
                span.saving = .unsaved
            }
            didChange()
        }
        return true
    }

    private mutating func renew(_ first: Offset, _ last: Offset, now: Timestamp) {
        let until = now + settings.lockDurationMs
        spans.change(first, last) { span in
            guard case .acquired(let member, _) = span.state else { return }
            span.state = .acquired(by: member, until: until)
        }
        noteLock(until: until)
    }
}
