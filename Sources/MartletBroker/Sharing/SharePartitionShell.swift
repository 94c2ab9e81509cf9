internal import Logging
internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

/// Runs a share partition on the loop that owns its data partition: loads it, reads the log for it, keeps its
/// time, stores its changes one write at a time, and has dead letters copied.
///
/// Nothing is put off until it is loaded: a fetch finds nothing and is woken later, and nobody can have
/// records yet to acknowledge. If a write fails for good, or the stored state belongs to another life, the
/// shell ends and the next fetch makes another.
final class SharePartitionShell {
    typealias Answer = (ErrorCode, String?) -> Void

    let key: SharePartitionKey
    let partition: Partition
    unowned let shard: Shard
    private let store: ShareStateAccess
    private let clock: SteadyClock
    /// nil until it is loaded, and after the end.
    private var machine: SharePartition?
    private(set) var isEnded = false
    /// Why it ended, for those who ask again too soon.
    private var failure: (code: ErrorCode, until: NIODeadline)?
    /// Fetches that wait for records to become available.
    private var fetches: [ObjectIdentifier: @Sendable () -> Void] = [:]
    /// Acknowledgements that wait to be durable, in the order of their changes.
    private var unsaved: [(change: UInt64, answer: Answer)] = []
    /// Members whose sessions read this partition.
    private var members: Set<MemberID> = []
    private var timer: Scheduled<Void>?
    private var timerDue = Timestamp(rawValue: .max)
    private var isWriting = false
    private let letters: DeadLetterCopier

    /// What fails for now is tried again so often.
    private static let attempts = 10
    private static let retryDelay = TimeAmount.milliseconds(200)
    /// After a failure it takes so long until somebody may try again.
    private static let failureDuration = TimeAmount.seconds(1)
    /// Read at once for one member, at the most.
    private static let maximumReadByteCount = 8 << 20

    init(
        _ key: SharePartitionKey, _ partition: Partition, _ store: ShareStateAccess,
        _ letters: DeadLetterCopier, on shard: Shard
    ) {
        self.key = key
        self.partition = partition
        self.store = store
        self.letters = letters
        self.shard = shard
        clock = SteadyClock(from: shard.environment.clock())
        load()
    }

    // MARK: Load

    private func load(attempt: Int = 1) {
        let shell = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let home = shard.eventLoop
        store.read(key, partition.leaderEpoch, from: shard) { result in
            home.execute { shell.value.didRead(result, attempt) }
        }
    }

    private func didRead(_ result: StoredShareState, _ attempt: Int) {
        guard !isEnded else { return }
        switch result {
        case .failure(let unavailable):
            if Self.isTransient(unavailable.code), attempt < Self.attempts {
                retry { $0.load(attempt: attempt + 1) }
            } else {
                fail(unavailable.code)
            }
        case .success(let stored) where stored.startOffset >= 0: begin(stored, at: stored.startOffset)
        case .success(let stored): chooseStart(stored)
        }
    }

    private func retry(_ body: @escaping @Sendable (SharePartitionShell) -> Void) {
        let shell = NIOLoopBound(self, eventLoop: shard.eventLoop)
        shard.eventLoop.scheduleTask(in: Self.retryDelay) {
            if !shell.value.isEnded { body(shell.value) }
        }
    }

    /// Whether the store may answer otherwise in a moment.
    private static func isTransient(_ code: ErrorCode) -> Bool {
        switch code {
        case .notCoordinator, .coordinatorLoadInProgress, .coordinatorNotAvailable: true
        default: false
        }
    }

    private func chooseStart(_ stored: ReadShareGroupStateResponse.Partition) {
        let reset = shard.shareSettings(of: key.group).reset
        switch reset {
        case .earliest: begin(stored, at: partition.offsets.start)
        case .latest: begin(stored, at: partition.offsets.highWatermark)
        case .age(let age):
            let time = shard.environment.clock() - age
            let snapshot = partition.snapshot()
            partition.run { () throws(LogError) in
                try snapshot.offset(forTimestamp: time)
            } completion: { [weak self] partition, result in
                switch result {
                case .success(let found):
                    self?.begin(stored, at: found?.offset ?? partition.offsets.highWatermark)
                case .failure(let error):
                    self?.shard.note(error)
                    self?.fail(error.errorCode)
                }
            }
        }
    }

    private func begin(_ stored: ReadShareGroupStateResponse.Partition, at initial: Offset) {
        guard !isEnded else { return }
        let offsets = partition.offsets
        machine = SharePartition(
            stored, initial: initial, log: (offsets.start, offsets.highWatermark),
            shard.shareSettings(of: key.group).partition)
        afterEvent()
        wakeFetches()
    }

    // MARK: Fetch

    /// Calls `wake` when records may have become available, or the shell ends, until it is taken out again.
    func addWaitingFetch(_ fetch: ObjectIdentifier, wake: @escaping @Sendable () -> Void) {
        fetches[fetch] = wake
    }

    func removeWaitingFetch(_ fetch: ObjectIdentifier) {
        fetches[fetch] = nil
    }

    private func wakeFetches() {
        if machine != nil {
            guard let offset = machine?.fetchOffset(), offset < partition.offsets.highWatermark else {
                return
            }
        }
        for wake in fetches.values { wake() }
    }

    /// Acquires records for a member, as many as the allowance has.
    func acquire(_ wanted: ShareAcquisition, _ allowance: inout ShareAllowance) -> ShareFetchResult {
        members.insert(wanted.member)
        let settings = shard.shareSettings(of: key.group)
        var result = ShareFetchResult(lockDurationMs: settings.partition.lockDurationMs)
        guard machine != nil else {
            if let failure { result.errorCode = failure.code }
            return result
        }
        machine?.settings = settings.partition
        machine?.logStartMoved(to: partition.offsets.start)
        machine?.advance(to: clock.now())
        defer { afterEvent() }
        let limit = partition.readLimit(settings.isolation)
        var last: Offset?
        // Where there is nothing to deliver, the next read begins behind it.
        while let offset = machine?.fetchOffset(), offset < limit, offset != last {
            last = offset
            guard allowance.bytes.byteCount > 0 || !allowance.bytes.hasData, allowance.records > 0 else {
                break
            }
            do throws(LogError) {
                let found = try acquire(wanted, from: offset, upTo: limit, &allowance, &result)
                if found { break }
            } catch {
                shard.note(error)
                result.errorCode = error.errorCode
                break
            }
        }
        return result
    }

    /// Returns whether the member got something.
    private func acquire(
        _ wanted: ShareAcquisition, from offset: Offset, upTo limit: Offset,
        _ allowance: inout ShareAllowance, _ result: inout ShareFetchResult
    ) throws(LogError) -> Bool {
        let slice = try partition.read(
            from: offset, upTo: limit, maxBytes: min(allowance.bytes.byteCount, Self.maximumReadByteCount),
            atLeastOneBatch: !allowance.bytes.hasData)
        guard !slice.isEmpty else { return true }
        let reader = ShareBatchReader(slice)
        var wanted = wanted
        wanted.maximumRecords = allowance.records
        let acquired = machine?.acquire(wanted, from: offset, reader, now: clock.now()) ?? []
        guard let first = acquired.first, let last = acquired.last,
            let part = reader.slice(from: first.firstOffset, to: last.lastOffset)
        else {
            if reader.isDamaged { result.errorCode = .corruptMessage }
            return reader.isDamaged
        }
        result.acquired = acquired
        result.slice = part
        allowance.bytes.take(part.byteCount)
        allowance.records -= acquired.reduce(0) { $0 + Int($1.lastOffset - $1.firstOffset) + 1 }
        return true
    }

    // MARK: Acknowledge

    /// Takes a member's acknowledgements. `answer` is called when they are durable, or refused.
    func acknowledge(
        _ batches: [AcknowledgementBatch], by member: MemberID, allowsRenewal: Bool,
        _ answer: @escaping Answer
    ) {
        guard machine != nil else {
            return answer(.invalidRecordState, "The member does not have any of these records any more.")
        }
        let settings = shard.shareSettings(of: key.group)
        machine?.settings = settings.partition
        let outcome = machine?.acknowledge(
            batches, by: member, allowsRenewal: allowsRenewal && settings.allowsRenewal, now: clock.now())
        switch outcome {
        case .saving(let change): unsaved.append((change, answer))
        case .refused(let code, let message): answer(code, message)
        case .done, nil: answer(.none, nil)
        }
        afterEvent()
        wakeFetches()
    }

    /// The session of a member has ended.
    func releaseAll(of member: MemberID, undoesDelivery: Bool) {
        members.remove(member)
        machine?.releaseAll(of: member, undoesDelivery: undoesDelivery)
        afterEvent()
        wakeFetches()
    }

    // MARK: Save

    private func afterEvent() {
        save()
        copyDeadLetters()
        scheduleTimer()
        endIfIdle()
    }

    private func save() {
        guard !isWriting, var write = machine?.takeWrite() else { return }
        isWriting = true
        write.index = key.index
        write.leaderEpoch = partition.leaderEpoch
        send(write, attempt: 1)
    }

    private func send(_ write: WriteShareGroupStateRequest.Partition, attempt: Int) {
        let shell = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let home = shard.eventLoop
        store.write(key, write, from: shard) { code in
            home.execute { shell.value.didWrite(write, code, attempt) }
        }
    }

    private func didWrite(
        _ write: WriteShareGroupStateRequest.Partition, _ code: ErrorCode, _ attempt: Int
    ) {
        guard !isEnded else { return }
        if Self.isTransient(code), attempt < Self.attempts {
            // Whether it was stored is not known; to store it twice does no harm.
            return retry { $0.send(write, attempt: attempt + 1) }
        }
        guard code == .none else { return fail(code) }
        isWriting = false
        machine?.finishWrite()
        let saved = machine?.savedChanges ?? 0
        let due = unsaved.prefix { $0.change <= saved }
        unsaved.removeFirst(due.count)
        for entry in due { entry.answer(.none, nil) }
        afterEvent()
        // A start that was chosen is safe now, or there is room again.
        wakeFetches()
    }

    /// Errors of the store as members are told of them.
    private static func code(_ code: ErrorCode) -> ErrorCode {
        switch code {
        case .notCoordinator, .coordinatorLoadInProgress, .coordinatorNotAvailable: .coordinatorNotAvailable
        case .fencedStateEpoch, .fencedLeaderEpoch: .notLeaderOrFollower
        default: code
        }
    }

    // MARK: Dead letters

    private func copyDeadLetters() {
        guard let due = machine?.takeDeadLetters(), !due.isEmpty else { return }
        letters.copy(due, for: self)
    }

    /// The copy is durable, or there will be none.
    func settle(_ letter: DeadLetter) {
        guard !isEnded else { return }
        machine?.settle(letter)
        afterEvent()
        wakeFetches()
    }

    // MARK: Time and end

    private func scheduleTimer() {
        guard let due = machine?.nextDeadline else { return }
        if timer != nil, timerDue <= due { return }
        timer?.cancel()
        timerDue = due
        let shell = NIOLoopBound(self, eventLoop: shard.eventLoop)
        timer = shard.eventLoop.scheduleTask(in: .milliseconds(max(0, due - clock.now()) + 1)) {
            shell.value.timerFired()
        }
    }

    private func timerFired() {
        timer = nil
        timerDue = Timestamp(rawValue: .max)
        guard !isEnded else { return }
        machine?.advance(to: clock.now())
        afterEvent()
        wakeFetches()
    }

    /// A partition that nobody reads and for which nothing is under way need not be kept.
    private func endIfIdle() {
        guard members.isEmpty, machine?.isAtRest == true else { return }
        end(.notLeaderOrFollower)
    }

    /// Ends the service after a failure of the store or the log.
    private func fail(_ code: ErrorCode) {
        failure = (Self.code(code), .now() + Self.failureDuration)
        partition.logger.warning(
            "A share partition begins anew from what is stored.",
            metadata: ["partition": "\(partition.id)", "group": "\(key.group)", "error": "\(code)"])
        end(Self.code(code))
    }

    /// Whether another may take its place.
    var isReplaceable: Bool {
        guard isEnded else { return false }
        guard let failure else { return true }
        return failure.until <= .now()
    }

    /// Ends the service. Whoever waits hears of it; a later fetch begins anew from what is stored.
    func end(_ code: ErrorCode) {
        guard !isEnded else { return }
        isEnded = true
        machine = nil
        timer?.cancel()
        timer = nil
        let answers = unsaved
        unsaved = []
        for entry in answers { entry.answer(code, nil) }
        wakeFetches()
        fetches = [:]
    }
}

/// What a share fetch may still return while its partitions are read one after the other.
struct ShareAllowance: Sendable {
    var bytes: FetchAllowance
    var records: Int
}

/// What a share fetch found in one partition.
struct ShareFetchResult: Sendable {
    var errorCode = ErrorCode.none
    var lockDurationMs: Int64 = 0
    var slice: LogSlice?
    var acquired: [ShareFetchResponse.AcquiredRecords] = []

    var isNews: Bool { errorCode != .none || !acquired.isEmpty }
}
