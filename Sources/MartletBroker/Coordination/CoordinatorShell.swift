internal import Logging
internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletRecords
internal import MartletWire
internal import NIOCore

/// Runs a coordinator on the event loop that owns its partition: loads it from the log, hands it events and
/// time, appends what it decides, and sends its answers when that is durable.
///
/// What arrives in one turn of the loop shares one batch, and what arrives while a sync is in flight shares
/// the next. If anything cannot be stored, the coordinator in memory knows more than the log: it is dropped,
/// whoever waits is sent to try again, and another is loaded.
final class CoordinatorShell<Machine: CoordinatorMachine> {
    typealias Event = (Machine, Call) -> Void
    typealias Answer = @Sendable (CoordinatorAnswer) -> Void

    private let partition: Partition
    private let kind: CoordinatorKind<Machine>
    private let clock: SteadyClock
    private let shard: Shard

    private enum State {
        /// Calls wait in `queue` until the log is read.
        case loading
        case serving(Machine)
        /// Until the next attempt to load.
        case failed
        case stopped
    }

    private var state = State.failed
    private var queue: [(caller: Caller, write: TransactionalWrite?, event: Event, answer: Answer)] = []
    /// Counts coordinators, so that what was begun for one that is gone is not mistaken for this one's.
    private var term = 0
    private var lastTicket: UInt64 = 0
    private var waiting: [Ticket: Answer] = [:]
    /// What each event of this turn of the loop wants to be stored.
    private var records: [StoredEvent] = []
    /// What is due when the records are durable.
    private var replies: [(ticket: Ticket, response: any KafkaResponse)] = []
    private var errands: [(ticket: ErrandTicket, errand: Machine.Errand)] = []
    private var isFlushScheduled = false
    private var timer: Scheduled<Void>?
    private var timerDue = Timestamp(rawValue: .max)

    /// What one event wants to be stored, and in whose transaction.
    private struct StoredEvent {
        var records: [Machine.Record]
        var producer: TransactionalProducer?
        /// That the records may open the transaction here.
        var verification: TransactionVerification?
    }

    /// Calls that wait for a coordinator to be loaded; more are told to come again.
    private static var maximumQueuedCalls: Int { 10_000 }
    /// Records that may lie about before they are given up.
    private static var redundantRecordCount: Int64 { 10_000 }
    private static var loadByteCount: Int { 1 << 20 }
    /// The event that makes a batch so large is the last in it.
    private static var batchByteCount: Int { 1 << 20 }
    /// More than this is one event only if somebody commits many offsets at once. Each stands for itself, so
    /// they may be parted.
    private static var maximumBatchByteCount: Int { 8 << 20 }
    private static var retryDelay: TimeAmount { .seconds(1) }

    init(_ partition: Partition, on shard: Shard, _ kind: CoordinatorKind<Machine>) {
        self.partition = partition
        self.shard = shard
        self.kind = kind
        clock = SteadyClock(from: shard.environment.clock())
        load()
    }

    var topicID: TopicID { partition.topicID }

    // MARK: Events

    /// Hands a request to the coordinator. `answer` is called once, on this loop.
    ///
    /// - Parameter write: If what the request stores belongs to a transaction.
    func submit(
        _ caller: Caller, in write: TransactionalWrite? = nil, _ event: @escaping Event,
        _ answer: @escaping Answer
    ) {
        switch state {
        case .loading:
            guard queue.count < Self.maximumQueuedCalls else {
                return answer(.failure(CoordinatorUnavailable(code: .coordinatorLoadInProgress)))
            }
            queue.append((caller, write, event, answer))
        case .serving(let machine):
            if let write, let error = write.objection(of: partition) {
                return answer(.failure(CoordinatorUnavailable(code: error.errorCode)))
            }
            lastTicket += 1
            let ticket = Ticket(rawValue: lastTicket)
            waiting[ticket] = answer
            let call = Call(
                ticket: ticket, version: caller.version, clientID: caller.clientID,
                clientHost: caller.clientHost, now: clock.now())
            event(machine, call)
            takeEffects(of: machine, write?.verification)
        case .failed:
            answer(.failure(CoordinatorUnavailable(code: .coordinatorNotAvailable)))
        case .stopped:
            answer(.failure(CoordinatorUnavailable(code: .notCoordinator)))
        }
    }

    /// Tells the coordinator of something that nobody waits for.
    func inform(_ event: (Machine, Timestamp) -> Void) {
        guard case .serving(let machine) = state else { return }
        event(machine, clock.now())
        takeEffects(of: machine)
    }

    private func takeEffects(of machine: Machine, _ verification: TransactionVerification? = nil) {
        let effects = machine.takeEffects()
        if !effects.records.isEmpty {
            records.append(
                StoredEvent(
                    records: effects.records, producer: effects.producer, verification: verification))
        }
        replies += effects.replies
        errands += effects.errands
        scheduleTimer(machine.nextDeadline)
        guard !isFlushScheduled, !records.isEmpty || !replies.isEmpty || !errands.isEmpty else { return }
        isFlushScheduled = true
        let shell = NIOLoopBound(self, eventLoop: shard.eventLoop)
        shard.eventLoop.execute { shell.value.flush() }
    }

    // MARK: Log

    private func flush() {
        isFlushScheduled = false
        guard case .serving(let machine) = state else { return }
        guard storeRecords() else { return }
        let (replies, errands) = (replies, errands)
        self.replies = []
        self.errands = []
        let term = term
        let redundantBelow = machine.redundantBelow
        partition.whenCommitted(partition.offsets.end) { [weak self] code in
            guard let self, self.term == term else { return }
            guard code == .none else { return self.fail("its log failed with \(code)") }
            for (ticket, response) in replies {
                self.waiting.removeValue(forKey: ticket)?(.success(response))
            }
            for (ticket, errand) in errands { self.perform(errand, ticket) }
            if let redundantBelow { self.shorten(to: redundantBelow) }
        }
    }

    /// Has an errand done, and brings the outcome back.
    private func perform(_ errand: Machine.Errand, _ ticket: ErrandTicket) {
        let term = term
        kind.perform(errand, partition, shard) { [weak self] outcome in
            guard let self, self.term == term else { return }
            self.inform { machine, now in machine.errandDone(ticket, outcome, now: now) }
        }
    }

    /// Appends what the events of this turn want to be stored. If that fails there is no coordinator any
    /// more.
    private func storeRecords() -> Bool {
        guard !records.isEmpty else { return true }
        do {
            try append(records)
        } catch {
            if let error = error as? LogError { shard.note(error) }
            fail("its records could not be stored: \(error)")
            return false
        }
        records.removeAll(keepingCapacity: true)
        return true
    }

    /// Ends the transaction of a producer that has stored something here, behind all that was decided before.
    func endTransaction(_ end: TransactionEnd) -> Result<AppendResult, MarkerError> {
        guard case .serving(let machine) = state else {
            return .failure(MarkerError(code: .coordinatorLoadInProgress))
        }
        guard storeRecords() else { return .failure(MarkerError(code: .coordinatorNotAvailable)) }
        let result = partition.endTransaction(end)
        guard case .success = result else { return result }
        machine.transactionEnded(end.producer.id, isCommit: end.isCommit, now: clock.now())
        takeEffects(of: machine)
        return result
    }

    /// Gives up the front of the log that nobody will read again. After a crash it may be there again, which
    /// is no harm.
    private func shorten(to offset: Offset) {
        guard offset - partition.offsets.start >= Self.redundantRecordCount else { return }
        do throws(LogError) {
            _ = try partition.deleteRecords(before: min(offset, partition.offsets.highWatermark))
        } catch {
            shard.note(error)
        }
    }

    /// Stores the records of an event as one batch, those of small events together.
    private func append(_ events: [StoredEvent]) throws {
        var builder = RecordBatchBuilder()
        var last = StoredEvent(records: [])
        let now = shard.environment.clock()
        for event in events {
            if event.producer != last.producer { try flush(&builder, of: last) }
            last = event
            for record in event.records {
                let (key, value) = try record.encoded()
                let size = key.count + (value?.count ?? 0)
                if builder.estimatedByteCount + size > Self.maximumBatchByteCount {
                    try flush(&builder, of: event)
                }
                try builder.append(key: key, value: value, timestamp: now)
            }
            if builder.estimatedByteCount >= Self.batchByteCount { try flush(&builder, of: event) }
        }
        try flush(&builder, of: last)
    }

    /// Appends the batch that was built, if there is anything in it.
    private func flush(_ builder: inout RecordBatchBuilder, of event: StoredEvent) throws {
        guard !builder.isEmpty else { return }
        var options = RecordBatchBuilder.Options()
        if let producer = event.producer {
            options.producerID = producer.id
            options.producerEpoch = producer.epoch
            options.isTransactional = true
        }
        _ = try partition.append(try builder.build(options), origin: .coordinator, event.verification)
    }

    /// Begins anew from what the log holds.
    private func fail(_ reason: String) {
        switch state {
        case .stopped: return
        case .loading, .serving, .failed: break
        }
        partition.logger.error(
            "A coordinator is loaded again, since \(reason).", metadata: ["partition": "\(partition.id)"])
        reset(.failed, answering: .coordinatorNotAvailable)
        let shell = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let term = term
        shard.eventLoop.scheduleTask(in: Self.retryDelay) {
            guard shell.value.term == term else { return }
            shell.value.load()
        }
    }

    private func reset(_ next: State, answering code: ErrorCode) {
        let answers = Array(waiting.values) + queue.map(\.answer)
        queue = []
        term += 1
        state = next
        waiting = [:]
        records = []
        replies = []
        errands = []
        timer?.cancel()
        timer = nil
        timerDue = Timestamp(rawValue: .max)
        for answer in answers { answer(.failure(CoordinatorUnavailable(code: code))) }
    }

    // MARK: Loading

    private func load() {
        if case .stopped = state { return }
        state = .loading
        term += 1
        let term = term
        // What an earlier coordinator appended may still be on its way to the disk.
        partition.whenCommitted(partition.offsets.end) { [weak self] code in
            guard let self, self.term == term else { return }
            guard code == .none else { return self.fail("its log failed with \(code)") }
            self.load(
                from: self.partition.offsets.start,
                CoordinatorLoader(machine: self.kind.make(), now: self.clock.now()), term)
        }
    }

    private func load(from offset: Offset, _ loader: CoordinatorLoader<Machine>, _ term: Int) {
        guard self.term == term else { return }
        guard offset < partition.offsets.highWatermark else { return finishLoading(loader) }
        partition.whenAtHand(from: offset, maxBytes: Self.loadByteCount) { [weak self] in
            guard let self, self.term == term else { return }
            self.loadChunk(at: offset, loader, term)
        }
    }

    private func loadChunk(at offset: Offset, _ loader: CoordinatorLoader<Machine>, _ term: Int) {
        let slice: LogSlice
        do throws(LogError) {
            slice = try partition.read(
                from: offset, upTo: partition.offsets.highWatermark, maxBytes: Self.loadByteCount,
                atLeastOneBatch: true)
        } catch {
            shard.note(error)
            return fail("its log could not be read: \(error)")
        }
        partition.run { () throws(LogError) in
            CoordinatorBatch<Machine.Record>.decode(slice)
        } completion: { [weak self] _, result in
            guard let self, self.term == term else { return }
            switch result {
            case .success(.success(let batches)):
                for batch in batches { loader.take(batch) }
                self.load(from: batches.last?.nextOffset ?? partition.offsets.highWatermark, loader, term)
            case .success(.failure(let error)):
                self.fail("its log holds what cannot be read: \(error)")
            case .failure(let error):
                self.fail("its log could not be read: \(error)")
            }
        }
    }

    private func finishLoading(_ loader: CoordinatorLoader<Machine>) {
        guard case .loading = state else { return }
        let machine = loader.machine
        state = .serving(machine)
        machine.overridesChanged(shard.coordination.overrides, now: clock.now())
        machine.topicsChanged(shard.image.catalogue, now: clock.now())
        machine.didLoad(now: clock.now())
        takeEffects(of: machine)
        let calls = queue
        queue = []
        for call in calls { submit(call.caller, in: call.write, call.event, call.answer) }
    }

    // MARK: Time and end

    private func scheduleTimer(_ due: Timestamp?) {
        guard let due else { return }
        // A timer that fires early is cheaper than one that is set anew by every heartbeat.
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
        inform { machine, now in machine.advance(to: now) }
    }

    /// Ends the service: the broker stops, or the partition goes away.
    func stop() {
        reset(.stopped, answering: .notCoordinator)
    }
}
