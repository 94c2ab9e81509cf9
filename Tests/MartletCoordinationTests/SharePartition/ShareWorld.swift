import MartletCore
import MartletCoordination
import MartletWire

/// A log, what is stored of a share partition, a dead-letter topic, and members that do as they please: the
/// world around a `SharePartition`, with its own notes on what every record went through.
struct ShareWorld {
    struct Held {
        var offset: Offset
        var until: Timestamp
    }

    /// What is known of a record from outside.
    struct Fate {
        var accepted = false
        var rejected = false
        var deliveries = 0
        var mostDeliveries = 0
        var skipped = false
        var isSettled = false
        var copies: Set<DeadLetter.Reason> = []
    }

    struct Waiting {
        var change: UInt64
        var offsets: [Offset]
    }

    var random: SeededRandom
    var now: Timestamp = 1_000_000
    var settings = SharePartitionSettings()
    var machine: SharePartition

    var log: [LogBatch] = []
    var logStart: Offset = 0
    var logEnd: Offset = 0
    var stored = StoredShareState()
    var write: WriteShareGroupStateRequest.Partition?
    var copying: [DeadLetter] = []
    var waiting: [Waiting] = []
    var held: [MemberID: [Held]] = [:]
    var fates: [Offset: Fate] = [:]
    var problems: [String] = []
    var highestStart = Offset.none
    /// Whether a group that has nothing stored begins at the end of the log.
    let startsLatest: Bool
    /// Where the group began for all to see; what lies before is none of its business.
    var firstStart: Offset?

    static let members: [MemberID] = ["a", "b", "c"]

    init(seed: UInt64, hasDeadLetters: Bool) {
        random = SeededRandom(seed)
        settings.hasDeadLetters = hasDeadLetters
        settings.lockDurationMs = 1_000
        settings.deliveryCountLimit = Int16.random(in: 1...4, using: &random)
        settings.maximumInFlight = Int.random(in: 5...60, using: &random)
        startsLatest = Bool.random(using: &random)
        machine = SharePartition(stored.answer, initial: 0, log: (0, 0), settings)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    mutating func oneIn(_ bound: Int) -> Bool { below(bound) == 0 }

    // MARK: Events

    mutating func produce() {
        let gap = oneIn(8) ? Int64(1 + below(5)) : 0
        let count = Int64(1 + below(12))
        let isDeliverable = !oneIn(6)
        let batch = LogBatch(
            first: logEnd + gap, last: logEnd + gap + count - 1, isDeliverable: isDeliverable)
        log.append(batch)
        if isDeliverable {
            for delta in 0..<count { fates[batch.first + delta] = Fate() }
        }
        logEnd = batch.last + 1
    }

    mutating func fetch(_ member: MemberID, maximum: Int? = nil) {
        machine.advance(to: now)
        guard let offset = machine.fetchOffset(), offset < logEnd else { return }
        let index = log.firstIndex { $0.last >= offset } ?? log.count
        let batches = Array(log[index...].prefix(1 + below(6)))
        let wanted = ShareAcquisition(
            member: member, maximumRecords: maximum ?? 1 + below(20), batchSize: 1 + below(20),
            mode: oneIn(2) ? .recordLimit : .batchOptimized)
        let ranges = machine.acquire(wanted, from: offset, batches, now: now)
        var count = 0
        for range in ranges {
            var offset = range.firstOffset
            while offset <= range.lastOffset {
                count += 1
                deliver(offset, to: member, range.deliveryCount)
                offset = offset + 1
            }
        }
        if wanted.mode == .recordLimit, count > wanted.maximumRecords { fail("too many records") }
        if machine.inFlightCount > settings.maximumInFlight { fail("too many in flight") }
    }

    private mutating func deliver(_ offset: Offset, to member: MemberID, _ deliveryCount: Int16) {
        guard var fate = fates[offset] else { return fail("there is no record at \(offset)") }
        for (other, records) in held where records.contains(where: { $0.offset == offset && $0.until > now })
        {
            fail("\(offset) is given to \(member) although \(other) has it")
        }
        if !fate.copies.isEmpty { fail("\(offset) is delivered after it was copied") }
        begin(at: machine.start)
        if fate.isSettled { fail("\(offset) is delivered after its end was confirmed") }
        if deliveryCount > settings.deliveryCountLimit { fail("\(offset) is delivered too often") }
        fate.deliveries += 1
        fate.mostDeliveries = max(fate.mostDeliveries, Int(deliveryCount))
        fates[offset] = fate
        for other in held.keys { held[other]?.removeAll { $0.offset == offset } }
        held[member, default: []].append(Held(offset: offset, until: now + settings.lockDurationMs))
    }

    mutating func acknowledge(_ member: MemberID, _ choose: (inout SeededRandom) -> AcknowledgeType) {
        let records = (held[member] ?? []).sorted { $0.offset < $1.offset }
        guard !records.isEmpty else { return }
        let from = below(records.count)
        let chosen = records[from..<min(records.count, from + 1 + below(10))]
        let isLate = chosen.contains { $0.until <= now }
        var batches: [AcknowledgementBatch] = []
        var types: [Offset: AcknowledgeType] = [:]
        for record in chosen {
            let type = choose(&random)
            types[record.offset] = type
            if let last = batches.last, last.lastOffset + 1 == record.offset {
                batches[batches.count - 1].lastOffset = record.offset
                batches[batches.count - 1].acknowledgeTypes.append(type)
            } else {
                var batch = AcknowledgementBatch()
                batch.firstOffset = record.offset
                batch.lastOffset = record.offset
                batch.acknowledgeTypes = [type]
                batches.append(batch)
            }
        }
        let before = machine.start
        let outcome = machine.acknowledge(batches, by: member, allowsRenewal: true, now: now)
        if case .refused = outcome {
            if !isLate, chosen.allSatisfy({ $0.offset >= logStart }) { fail("\(member) is refused") }
            return
        }
        var final: [Offset] = []
        for (offset, type) in types where offset >= before {
            if type == .renew {
                let index = held[member]?.firstIndex { $0.offset == offset }
                if let index { held[member]?[index].until = now + settings.lockDurationMs }
                continue
            }
            held[member]?.removeAll { $0.offset == offset }
            if type == .accept { fates[offset]?.accepted = true }
            if type == .reject { fates[offset]?.rejected = true }
            if type == .gap { fates[offset]?.skipped = true }
            if type != .release { final.append(offset) }
        }
        switch outcome {
        case .saving(let change): waiting.append(Waiting(change: change, offsets: final))
        case .done: if !final.isEmpty { fail("\(final) end without being saved") }
        case .refused: break
        }
    }

    mutating func endSession(of member: MemberID, inOrder: Bool) {
        machine.releaseAll(of: member, undoesDelivery: inOrder)
        held[member] = nil
    }

    // MARK: Shell

    mutating func startWrite() {
        guard write == nil, let next = machine.takeWrite() else { return }
        write = next
    }

    mutating func finishWrite() {
        guard let done = write else { return }
        write = nil
        stored.apply(done)
        noteStored()
        machine.finishWrite()
        for entry in waiting where entry.change <= machine.savedChanges {
            for offset in entry.offsets { fates[offset]?.isSettled = true }
        }
        let saved = machine.savedChanges
        waiting.removeAll { $0.change <= saved }
        copying += machine.takeDeadLetters()
    }

    mutating func copyDeadLetter() {
        guard !copying.isEmpty else { return }
        let letter = copying.remove(at: below(copying.count))
        note(letter)
        machine.settle(letter)
    }

    private mutating func note(_ letter: DeadLetter) {
        var offset = letter.first
        while offset <= letter.last {
            fates[offset]?.copies.insert(letter.reason)
            offset = offset + 1
        }
    }

    /// The broker dies. What was under way may have been done or not.
    mutating func crash() {
        if let write, oneIn(2) { stored.apply(write) }
        for letter in copying where oneIn(2) { note(letter) }
        write = nil
        copying = []
        waiting = []
        held = [:]
        noteStored()
        machine = SharePartition(
            stored.answer, initial: startsLatest ? logEnd : 0, log: (logStart, logEnd), settings)
        if stored.start >= 0, machine.start < max(stored.start, logStart) { fail("the start went back") }
        copying = machine.takeDeadLetters()
    }

    private mutating func begin(at offset: Offset) {
        guard firstStart == nil else { return }
        firstStart = offset
        for record in fates.keys where record < offset { fates[record] = nil }
    }

    private mutating func noteStored() {
        if stored.start >= 0 { begin(at: stored.start) }
        if stored.start < highestStart { fail("the stored start went back to \(stored.start)") }
        highestStart = max(highestStart, stored.start)
    }

    mutating func moveLogStart() {
        guard let batch = log.first, log.count > 3 else { return }
        log.removeFirst()
        logStart = batch.last + 1
        machine.logStartMoved(to: logStart)
        for offset in fates.keys where offset < logStart { fates[offset] = nil }
        for member in held.keys { held[member]?.removeAll { $0.offset < logStart } }
    }

    mutating func fail(_ problem: String) { problems.append(problem) }
}

/// What the share coordinator would have stored.
struct StoredShareState {
    var start: Offset = .none
    var batches: [Offset: (state: DeliveryState, count: Int16)] = [:]

    mutating func apply(_ write: WriteShareGroupStateRequest.Partition) {
        start = write.startOffset
        for batch in write.stateBatches {
            var offset = batch.firstOffset
            while offset <= batch.lastOffset {
                batches[offset] = (batch.deliveryState, batch.deliveryCount)
                offset = offset + 1
            }
        }
        batches = batches.filter { $0.key >= start }
    }

    var answer: ReadShareGroupStateResponse.Partition {
        var answer = ReadShareGroupStateResponse.Partition()
        answer.stateEpoch = 1
        answer.startOffset = start
        answer.stateBatches = batches.map { offset, state in
            var batch = ReadShareGroupStateResponse.StateBatch()
            batch.firstOffset = offset
            batch.lastOffset = offset
            batch.deliveryState = state.state
            batch.deliveryCount = state.count
            return batch
        }
        return answer
    }
}
