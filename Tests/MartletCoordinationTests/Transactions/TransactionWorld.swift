import MartletCoordination
import MartletCore
import MartletWire

/// A transaction coordinator with a clock, a log and partitions around it. Nothing happens by itself: records
/// become durable, markers are written and producer ids are found when the test says so, or at once in
/// `settle`.
final class TransactionWorld {
    private(set) var coordinator: TransactionCoordinator
    let settings: TransactionSettings
    var now: Timestamp = 1_000_000
    var topics = TopicCatalogue([
        .init(id: TopicID(high: 1, low: 1), name: "t", partitionCount: 4),
        .init(id: TopicID(high: 2, low: 2), name: "__consumer_offsets", partitionCount: 50),
    ])

    /// The log, as bytes.
    private(set) var log: [(key: Bytes, value: Bytes?)] = []
    /// What the log says.
    private(set) var stored: [TransactionalID: TransactionValue] = [:]
    /// What is not durable yet.
    private(set) var unsynced: [Effects<TransactionRecord, TransactionErrand>] = []
    /// What the coordinator asked for.
    private(set) var errands: [(ticket: ErrandTicket, errand: TransactionErrand)] = []
    private(set) var answers: [Ticket: any KafkaResponse] = [:]
    /// The markers in each partition.
    private(set) var markers: [TopicPartition: [TransactionMarkers]] = [:]
    /// What becomes of a marker; none if the partition takes it.
    var markerCode: (TopicPartition, TransactionMarkers) -> ErrorCode = { _, _ in .none }
    var nextProducerID: Int64 = 1_000
    private var ticketCount: UInt64 = 0

    init(_ change: (inout TransactionSettings) -> Void = { _ in }) {
        var settings = TransactionSettings()
        change(&settings)
        self.settings = settings
        coordinator = TransactionCoordinator(settings: settings)
        start()
    }

    private func start() {
        coordinator.topicsChanged(topics, now: now)
        coordinator.didLoad(now: now)
        collect()
    }

    private func collect() {
        let effects = coordinator.takeEffects()
        if !effects.isEmpty { unsynced.append(effects) }
    }

    // MARK: Requests

    func submit<Request: KafkaRequest>(
        _ request: Request, _ version: Int16, _ method: (TransactionCoordinator) -> (Request, Call) -> Void
    ) -> Ticket {
        ticketCount += 1
        let ticket = Ticket(rawValue: ticketCount)
        let call = Call(
            ticket: ticket, version: version, clientID: "client", clientHost: "/127.0.0.1", now: now)
        method(coordinator)(request, call)
        collect()
        return ticket
    }

    /// Sends a request, lets everything happen that follows, and gives the answer, if there is one.
    func ask<Request: KafkaRequest>(
        _ request: Request, _ version: Int16, _ method: (TransactionCoordinator) -> (Request, Call) -> Void
    ) -> Request.Response? {
        let ticket = submit(request, version, method)
        settle()
        return answer(ticket)
    }

    func answer<Response: KafkaResponse>(_ ticket: Ticket) -> Response? {
        answers[ticket] as? Response
    }

    func takeAnswer(_ ticket: Ticket) -> (any KafkaResponse)? {
        answers.removeValue(forKey: ticket)
    }

    // MARK: What happens

    /// Makes durable what the coordinator wants to keep, or the first of it, and sends what waited for that.
    func sync(_ count: Int = .max) {
        let effects = Array(unsynced.prefix(count))
        unsynced.removeFirst(effects.count)
        for effect in effects { store(effect.records) }
        for effect in effects {
            errands += effect.errands
            for (ticket, response) in effect.replies {
                precondition(answers[ticket] == nil, "a request is answered once")
                answers[ticket] = response
            }
        }
    }

    private func store(_ records: [TransactionRecord]) {
        for record in records {
            stored[record.id] = record.value
            do {
                log.append(try record.encoded())
            } catch {
                preconditionFailure("\(record): \(error)")
            }
        }
    }

    /// Does what the coordinator asked for, as `markerCode` says.
    func perform(_ index: Int) {
        let (ticket, errand) = errands.remove(at: index)
        switch errand {
        case .reserveProducerIDs(let count):
            let ids = (0..<Int64(count)).map { ProducerID(rawValue: nextProducerID + $0) }
            nextProducerID += Int64(count)
            coordinator.errandDone(ticket, .producerIDs(ids), now: now)
        case .writeMarkers(let wanted):
            var codes: [TopicPartition: ErrorCode] = [:]
            for partition in wanted.partitions {
                let code = markerCode(partition, wanted)
                codes[partition] = code
                if code == .none { markers[partition, default: []].append(wanted) }
            }
            coordinator.errandDone(ticket, .markers(codes), now: now)
        }
        collect()
    }

    func fail(_ index: Int, _ code: ErrorCode = .coordinatorNotAvailable) {
        coordinator.errandDone(errands.remove(at: index).ticket, .failed(code), now: now)
        collect()
    }

    /// Lets everything happen that needs no time.
    func settle() {
        while !unsynced.isEmpty || !errands.isEmpty {
            sync()
            if !errands.isEmpty { perform(0) }
        }
    }

    /// Lets time pass, stopping wherever something is due.
    func pass(_ milliseconds: Int64) {
        let end = now + milliseconds
        settle()
        while let next = coordinator.nextDeadline, next <= end {
            now = max(now, next)
            advance()
            settle()
        }
        now = end
    }

    func advance() {
        coordinator.advance(to: now)
        collect()
    }

    /// Loads another coordinator from the log. Of what is not durable yet, the first `kept` events are in it.
    ///
    /// Requests that wait for an answer get none.
    func crash(keeping kept: Int = 0) {
        for effect in unsynced.prefix(kept) { store(effect.records) }
        unsynced = []
        errands = []
        coordinator = TransactionCoordinator(settings: settings)
        for (key, value) in log {
            do {
                if let record = try TransactionRecord(key: key, value: value) { coordinator.apply(record) }
            } catch {
                preconditionFailure("\(error)")
            }
        }
        start()
    }

    /// A record that another broker wrote.
    func append(_ record: TransactionRecord) {
        store([record])
    }
}
