package import MartletCore
package import MartletWire

/// One partition as a share group sees it: which records are done with, which member has which, and which
/// wait.
///
///     log start ≤ start ≤ end ≤ log end
///                 |     |
///                 |     first offset that nobody has looked at
///                 first record that is not done with
///
/// A machine without I/O and clock. Each event changes what is in memory at once; what has to survive comes
/// out of `takeWrite()`, one write at a time, and a change counts as safe when `savedChanges` has reached the
/// number that the event returned. Acquiring records is not written down: after a crash nobody has them.
/// When a write fails, the machine is dropped and made again from what was stored, so nothing is ever rolled
/// back.
package struct SharePartition: Sendable {
    package var settings: SharePartitionSettings
    /// The life of the stored state that this machine continues; writers of another are fenced.
    package let stateEpoch: Int32
    /// First offset that is not done with.
    package private(set) var start: Offset
    /// First offset that nobody has looked at.
    package private(set) var end: Offset
    /// Records before it were given up by the log, whoever had them.
    var logStart: Offset
    var spans = SpanList()

    /// Number of the last change that has to be saved.
    private(set) var changes: UInt64 = 0
    /// Number of the last change that is saved.
    package private(set) var savedChanges: UInt64 = 0
    /// Number of the last change that the write under way has in it.
    private var savingChanges: UInt64?
    /// A start that was chosen, not stored, must be saved first: chosen again after a crash it might lie
    /// behind records that nobody has got.
    private let readyChange: UInt64
    /// Not after the earliest end of a lock.
    var nextLockEnd: Timestamp?
    /// Not behind the first available record.
    var availableHint: Offset
    private var mayHaveDeadLetters = false

    /// - Parameters:
    ///   - initial: Where to start if nothing is stored, as `share.auto.offset.reset` has it.
    ///   - log: The first offset that the log has, and the one behind its last that may be read.
    package init(
        _ stored: ReadShareGroupStateResponse.Partition, initial: Offset, log: (start: Offset, end: Offset),
        _ settings: SharePartitionSettings
    ) {
        self.settings = settings
        stateEpoch = stored.stateEpoch
        let isChosen = stored.startOffset < 0
        let wanted = isChosen ? initial : stored.startOffset
        start = max(log.start, min(wanted, log.end))
        end = start
        logStart = log.start
        availableHint = start
        changes = isChosen ? 1 : 0
        readyChange = changes
        load(stored.stateBatches.sorted { $0.firstOffset < $1.firstOffset }, upTo: log.end)
        advanceStart()
    }

    /// Takes over what was stored; records between that nothing is known of were acquired when the last
    /// machine ended.
    private mutating func load(_ batches: [ReadShareGroupStateResponse.StateBatch], upTo limit: Offset) {
        for batch in batches {
            let first = max(batch.firstOffset, end)
            let last = min(batch.lastOffset, limit - 1)
            guard first <= last else { continue }
            if end < first {
                extend(to: first - 1, .available, deliveryCount: 0)
            }
            extend(to: last, state(batch), deliveryCount: max(0, batch.deliveryCount))
        }
    }

    private mutating func state(_ batch: ReadShareGroupStateResponse.StateBatch) -> RecordState {
        switch batch.deliveryState {
        case .acknowledged: return .acknowledged
        case .archived: return .archived
        case .archiving:
            mayHaveDeadLetters = true
            let isExhausted = batch.deliveryCount >= settings.deliveryCountLimit
            return .archiving(isExhausted ? .exhausted : .rejected, isCopying: false)
        default: return .available
        }
    }

    // MARK: Change

    /// Puts the offsets from `end` to `last` into the list.
    mutating func extend(
        to last: Offset, _ state: RecordState, deliveryCount: Int16, _ saving: RecordSpan.Saving = .saved
    ) {
        spans.append(
            RecordSpan(first: end, last: last, state: state, deliveryCount: deliveryCount, saving: saving))
        end = last + 1
    }

    /// Moves the start over what is done with.
    mutating func advanceStart() {
        var next = start
        for span in spans.spans {
            guard span.state.isTerminal else { break }
            next = span.last + 1
        }
        moveStart(to: next)
    }

    mutating func moveStart(to offset: Offset) {
        guard offset > start else { return }
        spans.remove(before: offset)
        start = offset
        end = max(end, offset)
        availableHint = max(availableHint, offset)
        didChange()
    }

    /// Notes that something has to be saved.
    mutating func didChange() {
        if changes == savedChanges || changes == savingChanges { changes += 1 }
    }

    /// Number of the change that has what was done up to now in it; nil if all is saved.
    var pendingChange: UInt64? { changes > savedChanges ? changes : nil }

    // MARK: Questions

    /// Where to read on for a member; nil if there is nothing for it now.
    package mutating func fetchOffset() -> Offset? {
        guard savedChanges >= readyChange else { return nil }
        if let available = firstAvailable() { return available }
        return inFlightCount < settings.maximumInFlight ? end : nil
    }

    private mutating func firstAvailable() -> Offset? {
        var index = spans.index(from: availableHint)
        while index < spans.spans.count {
            if spans.spans[index].state.isAvailable {
                availableHint = max(availableHint, spans.spans[index].first)
                return availableHint
            }
            index += 1
        }
        availableHint = end
        return nil
    }

    /// Records that are not done with.
    package var inFlightCount: Int {
        spans.spans.reduce(0) { $1.state.isTerminal ? $0 : $0 + $1.count }
    }

    /// Records behind the start that are done with.
    package var deliveryCompleteCount: Int {
        spans.spans.reduce(0) { $1.state.isTerminal ? $0 + $1.count : $0 }
    }

    /// Whether everything is saved, and nothing happens until a member comes.
    package var isAtRest: Bool {
        changes == savedChanges && spans.spans.allSatisfy { $0.state.isTerminal || $0.state.isAvailable }
    }

    // MARK: Save

    /// What has to be written down now; nil if nothing, or while a write is under way. The caller fills in
    /// the partition's index and the leader's epoch, and calls `finishWrite` when it is durable.
    package mutating func takeWrite() -> WriteShareGroupStateRequest.Partition? {
        guard savingChanges == nil, changes > savedChanges else { return nil }
        savingChanges = changes
        var write = WriteShareGroupStateRequest.Partition()
        write.stateEpoch = stateEpoch
        write.startOffset = start
        write.deliveryCompleteCount = Int32(clamping: deliveryCompleteCount)
        spans.changeAll { span in
            guard span.saving == .unsaved else { return }
            write.stateBatches.append(span.stateBatch)
            span.saving = .saving
        }
        return write
    }

    /// The write under way is durable.
    package mutating func finishWrite() {
        guard let saved = savingChanges else { preconditionFailure("a write ends that never began") }
        savingChanges = nil
        savedChanges = saved
        spans.changeAll { span in
            if span.saving == .saving { span.saving = .saved }
        }
    }

    // MARK: Dead letters

    /// Ends the delivery of these records without success.
    mutating func giveUp(_ first: Offset, _ last: Offset, _ reason: DeadLetter.Reason) {
        let state = settings.hasDeadLetters ? RecordState.archiving(reason, isCopying: false) : .archived
        spans.change(first, last) { span in
            span.state = state
            span.saving = .unsaved
        }
        if settings.hasDeadLetters { mayHaveDeadLetters = true }
        didChange()
    }

    /// The records to copy to the dead-letter topic now. Only such whose end is written down already: no
    /// member gets them again, not even after a crash, and a crash before `settle` has them copied again.
    package mutating func takeDeadLetters() -> [DeadLetter] {
        guard mayHaveDeadLetters else { return [] }
        mayHaveDeadLetters = false
        var letters: [DeadLetter] = []
        var mustLookAgain = false
        spans.changeAll { span in
            guard case .archiving(let reason, false) = span.state else { return }
            guard span.saving == .saved else {
                mustLookAgain = true
                return
            }
            letters.append(
                DeadLetter(
                    first: span.first, last: span.last, reason: reason, deliveryCount: span.deliveryCount))
            span.state = .archiving(reason, isCopying: true)
        }
        mayHaveDeadLetters = mustLookAgain
        return letters
    }

    /// The copy of these records is durable, or the group wants none any more.
    package mutating func settle(_ letter: DeadLetter) {
        spans.change(max(letter.first, start), letter.last) { span in
            guard case .archiving = span.state else { return }
            span.state = .archived
            span.saving = .unsaved
        }
        didChange()
        advanceStart()
    }
}
