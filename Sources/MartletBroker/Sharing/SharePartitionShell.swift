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
    let store: ShareStateAccess
    let clock: SteadyClock
    /// nil until it is loaded, and after the end.
    var machine: SharePartition?
    private(set) var isEnded = false
    /// Why it ended, for those who ask again too soon.
    private(set) var failure: (code: ErrorCode, until: NIODeadline)?
    /// Fetches that wait for records to become available.
    private var fetches: [ObjectIdentifier: @Sendable () -> Void] = [:]
    /// Acknowledgements that wait to be durable, in the order of their changes.
    var unsaved: [(change: UInt64, answer: Answer)] = []
    /// Members whose sessions read this partition.
    var members: Set<MemberID> = []
    private var timer: Scheduled<Void>?
    private var timerDue = Timestamp(rawValue: .max)
    var isWriting = false
    private let letters: DeadLetterCopier
    /// What threads bring, or have brought, into the page cache for the next acquisition.
    var coldRead: ColdRead?

    struct ColdRead {
        let offset: Offset
        var isDone = false
    }

    /// After a failure it takes so long until somebody may try again.
    private static let failureDuration = TimeAmount.seconds(1)

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

    // MARK: Fetch

    /// Calls `wake` when records may have become available, or the shell ends, until it is taken out again.
    func addWaitingFetch(_ fetch: ObjectIdentifier, wake: @escaping @Sendable () -> Void) {
        fetches[fetch] = wake
    }

    func removeWaitingFetch(_ fetch: ObjectIdentifier) {
        fetches[fetch] = nil
    }

    func wakeFetches() {
        if machine != nil {
            guard let offset = machine?.fetchOffset(), offset < partition.offsets.highWatermark else {
                return
            }
        }
        for wake in fetches.values { wake() }
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

    func afterEvent() {
        save()
        copyDeadLetters()
        scheduleTimer()
        endIfIdle()
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
    func fail(_ code: ErrorCode) {
        failure = (Self.code(code), .now() + Self.failureDuration)
        // Anyone can ask for a group that was never joined.
        partition.logger.log(
            level: code == .invalidRequest ? .debug : .warning,
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
        let shell = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let pause = failure == nil ? .zero : Self.failureDuration
        shard.eventLoop.scheduleTask(in: pause) { shell.value.shard.sharing.remove(shell.value) }
    }
}
