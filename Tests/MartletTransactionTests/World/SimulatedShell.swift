import MartletCoordination
import MartletCore
import MartletSimulation
import MartletLog
import MartletRecords
import MartletWire

/// What a coordinator says, or why it says nothing.
enum Answer<Response> {
    case response(Response)
    case unavailable(ErrorCode)
}

/// What a coordinator is to store in the transaction of a producer.
struct TransactionalWrite {
    var producer: TransactionalProducer
    var verification: TransactionVerification?

    func objection(of partition: SimulatedPartition) -> LogError? {
        partition.log.objection(
            toTransactionOf: producer.id, epoch: producer.epoch, verification: verification)
    }
}

/// Runs a coordinator as the broker's own shell does: loads it from the log, hands it events and time,
/// appends what it decides in one batch a turn, and sends answers and errands on their way when that is
/// durable. If anything cannot be stored it is loaded again.
final class SimulatedShell<Machine: CoordinatorMachine> {
    typealias Event = (Machine, Call) -> Void
    typealias Reply = (Answer<any KafkaResponse>) -> Void

    private struct StoredEvent {
        var records: [Machine.Record]
        var producer: TransactionalProducer?
        var verification: TransactionVerification?
    }

    let partition: SimulatedPartition
    private unowned let world: World
    private let make: () -> Machine
    private let perform: (Machine.Errand, @escaping (Machine.ErrandOutcome) -> Void) -> Void
    private(set) var machine: Machine?
    private var term = 0
    private var lastTicket: UInt64 = 0
    private var queue: [(version: Int16, write: TransactionalWrite?, event: Event, reply: Reply)] = []
    private var waiting: [Ticket: Reply] = [:]
    private var records: [StoredEvent] = []
    private var replies: [(ticket: Ticket, response: any KafkaResponse)] = []
    private var errands: [(ticket: ErrandTicket, errand: Machine.Errand)] = []
    private var isFlushScheduled = false
    private var timerDue: Timestamp?
    private var isStopped = false

    init(
        _ partition: SimulatedPartition, _ world: World, make: @escaping () -> Machine,
        perform: @escaping (Machine.Errand, @escaping (Machine.ErrandOutcome) -> Void) -> Void
    ) {
        self.partition = partition
        self.world = world
        self.make = make
        self.perform = perform
        load()
    }

    func stop() {
        isStopped = true
        term += 1
        machine = nil
        waiting = [:]
        queue = []
    }

    // MARK: Events

    func submit(
        version: Int16, in write: TransactionalWrite? = nil, _ event: @escaping Event,
        _ reply: @escaping Reply
    ) {
        guard !isStopped else { return }
        guard let machine else {
            queue.append((version, write, event, reply))
            return
        }
        if let write, let error = write.objection(of: partition) {
            world.note("offsets of \(write.producer.id):\(write.producer.epoch) refused: \(error)")
            world.saw(.refusedOffsets)
            return reply(.unavailable(error.errorCode))
        }
        lastTicket += 1
        let ticket = Ticket(rawValue: lastTicket)
        waiting[ticket] = reply
        let call = Call(
            ticket: ticket, version: version, clientID: "client", clientHost: "/127.0.0.1",
            now: world.timeline.now)
        event(machine, call)
        takeEffects(of: machine, write?.verification)
    }

    func inform(_ event: (Machine, Timestamp) -> Void) {
        guard let machine else { return }
        event(machine, world.timeline.now)
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
        if world.isPlanted(.marksBeforeDecision) {
            for (ticket, errand) in effects.errands { begin(errand, ticket) }
        } else {
            errands += effects.errands
        }
        scheduleTimer(machine.nextDeadline)
        guard !isFlushScheduled, !records.isEmpty || !replies.isEmpty || !errands.isEmpty else { return }
        isFlushScheduled = true
        let term = term
        world.timeline.after(0) { [self] in
            if term == self.term { flush() }
        }
    }

    // MARK: Log

    /// Stores what was decided so far: at the end of a turn, and in front of a marker, which must not
    /// overtake the records of its transaction. Says whether there is a coordinator that has done so.
    func storeRecords() -> Bool {
        guard machine != nil else { return false }
        do {
            for event in records { try append(event) }
        } catch {
            fail("\(error)")
            return false
        }
        records = []
        return true
    }

    private func flush() {
        isFlushScheduled = false
        guard storeRecords() else { return }
        let (replies, errands) = (replies, errands)
        self.replies = []
        self.errands = []
        let term = term
        partition.whenDurable(partition.log.offsets.end) { [weak self] isDurable in
            guard let self, self.term == term else { return }
            guard isDurable else { return self.fail("its log failed") }
            for (ticket, response) in replies {
                self.waiting.removeValue(forKey: ticket)?(.response(response))
            }
            for (ticket, errand) in errands { self.begin(errand, ticket) }
        }
    }

    private func append(_ event: StoredEvent) throws {
        var builder = RecordBatchBuilder(capacity: 512)
        for record in event.records {
            let (key, value) = try record.encoded()
            try builder.append(key: key, value: value, timestamp: world.timeline.now)
        }
        var options = RecordBatchBuilder.Options()
        if let producer = event.producer {
            options.producerID = producer.id
            options.producerEpoch = producer.epoch
            options.isTransactional = true
        }
        _ = try partition.append(
            try builder.build(options), origin: .coordinator, verification: event.verification)
    }

    private func begin(_ errand: Machine.Errand, _ ticket: ErrandTicket) {
        let term = term
        perform(errand) { [weak self] outcome in
            guard let self, self.term == term else { return }
            self.inform { machine, now in machine.errandDone(ticket, outcome, now: now) }
        }
    }

    private func fail(_ reason: String) {
        guard !isStopped else { return }
        world.note("coordinator of \(partition.id) is loaded again: \(reason)")
        world.saw(.reloadedCoordinator)
        term += 1
        machine = nil
        let replies = Array(waiting.values)
        waiting = [:]
        records = []
        self.replies = []
        errands = []
        isFlushScheduled = false
        timerDue = nil
        for reply in replies { reply(.unavailable(.coordinatorNotAvailable)) }
        let term = term
        world.timeline.after(100) { [self] in
            if term == self.term { load() }
        }
    }

    // MARK: Loading

    private func load() {
        term += 1
        let term = term
        partition.whenDurable(partition.log.offsets.end) { [weak self] isDurable in
            guard let self, self.term == term, isDurable else { return }
            self.world.timeline.after(Int64(self.world.random.below(30))) { [self] in
                guard self.term == term else { return }
                do {
                    try self.serve(self.read())
                } catch {
                    self.fail("\(error)")
                }
            }
        }
    }

    private func read() throws -> Machine {
        let machine = make()
        let log = partition.log
        var next = log.offsets.start
        while next < log.offsets.highWatermark {
            let slice = try log.read(
                from: next, upTo: log.offsets.highWatermark, maxBytes: 1 << 16, atLeastOneBatch: true)
            guard slice.nextOffset > next else { break }
            var rest = try slice.bytes()
            while !rest.isEmpty {
                let batch = try RecordBatch(rest)
                try apply(batch, to: machine)
                rest = rest[batch.bytes.count..<rest.count]
            }
            next = slice.nextOffset
        }
        return machine
    }

    private func apply(_ batch: RecordBatch, to machine: Machine) throws {
        let producer = batch.header.producerID
        if batch.header.isControl {
            guard let marker = TransactionMarker(batch.bytes) else { return }
            let isCommit = marker.isCommit || world.isPlanted(.keepsOffsetsOnAbort)
            machine.transactionEnded(producer, isCommit: isCommit, now: world.timeline.now)
            return
        }
        var records = try batch.records()
        while let record = try records.next() {
            guard let key = record.key, let decoded = try Machine.Record(key: key, value: record.value) else {
                continue
            }
            if !batch.header.isTransactional {
                machine.apply(decoded, at: record.offset)
            } else if !world.isPlanted(.forgetsPendingOffsets) {
                machine.apply(decoded, of: producer)
            }
        }
    }

    private func serve(_ machine: Machine) {
        self.machine = machine
        world.note("coordinator of \(partition.id) serves")
        machine.topicsChanged(SimulatedBroker.catalogue(world), now: world.timeline.now)
        machine.didLoad(now: world.timeline.now)
        takeEffects(of: machine)
        let calls = queue
        queue = []
        for call in calls { submit(version: call.version, in: call.write, call.event, call.reply) }
    }

    // MARK: Time

    private func scheduleTimer(_ due: Timestamp?) {
        guard let due, timerDue.map({ due < $0 }) ?? true else { return }
        timerDue = due
        let term = term
        world.timeline.at(max(due, world.timeline.now + 1)) { [self] in
            guard term == self.term, timerDue == due else { return }
            timerDue = nil
            inform { machine, now in machine.advance(to: now) }
        }
    }
}
