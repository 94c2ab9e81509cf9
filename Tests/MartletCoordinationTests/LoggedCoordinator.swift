import MartletCoordination
import MartletCore
import MartletWire

/// A coordinator with a clock and a log around it, as a shell has them: every event is followed by its
/// effects at once, and a restart loads another coordinator from the bytes of the log.
final class LoggedCoordinator {
    private(set) var coordinator: GroupCoordinator
    private(set) var entries: [LogEntry] = []
    private(set) var answers: [Ticket: any KafkaResponse] = [:]
    var now: Timestamp = 1_000_000
    var clientID = "client"
    private var ticketCount: UInt64 = 0
    private let settings: GroupSettings
    private(set) var catalogue: TopicCatalogue

    /// An entry of the log: a record, perhaps in the transaction of a producer, or the mark that ends one.
    enum LogEntry: Equatable {
        case record(CoordinatorRecord, of: ProducerID?)
        case mark(ProducerID, isCommit: Bool)
    }

    var log: [CoordinatorRecord] {
        entries.compactMap { if case .record(let record, _) = $0 { record } else { nil } }
    }

    static let topics = TopicCatalogue([
        .init(id: TopicID(high: 1, low: 1), name: "t", partitionCount: 4),
        .init(id: TopicID(high: 2, low: 2), name: "u", partitionCount: 2),
    ])

    init(
        _ topics: TopicCatalogue = LoggedCoordinator.topics,
        _ change: (inout GroupSettings) -> Void = { _ in }
    ) {
        var settings = GroupSettings()
        change(&settings)
        self.settings = settings
        catalogue = topics
        coordinator = GroupCoordinator(settings: settings, random: SeededRandom(1))
        coordinator.topicsChanged(topics, now: now)
        coordinator.didLoad(now: now)
        collect()
    }

    /// Loads the log into another coordinator. What waited for an answer is forgotten.
    ///
    /// - Parameter log: What is left of it after a crash, or compaction.
    func restart(with log: [LogEntry]? = nil) throws {
        entries = log ?? entries
        coordinator = GroupCoordinator(settings: settings, random: SeededRandom(UInt64(entries.count)))
        for entry in entries {
            switch entry {
            case .mark(let producer, let isCommit):
                coordinator.transactionEnded(producer, isCommit: isCommit, now: now)
            case .record(let record, let producer):
                let (key, value) = try record.encoded()
                guard let record = try CoordinatorRecord(key: key, value: value) else { continue }
                if let producer {
                    coordinator.apply(record, of: producer)
                } else {
                    coordinator.apply(record)
                }
            }
        }
        coordinator.topicsChanged(catalogue, now: now)
        coordinator.didLoad(now: now)
        collect()
    }

    /// Lets time pass, stopping wherever something is due.
    func pass(_ milliseconds: Int64) {
        let end = now + milliseconds
        while let next = coordinator.nextDeadline, next <= end {
            now = max(now, next)
            coordinator.advance(to: now)
            collect()
        }
        now = end
    }

    /// Marks the end of a producer's transaction.
    func end(_ producer: ProducerID, isCommit: Bool) {
        entries.append(.mark(producer, isCommit: isCommit))
        coordinator.transactionEnded(producer, isCommit: isCommit, now: now)
        collect()
    }

    func topicsChanged(_ topics: TopicCatalogue) {
        catalogue = topics
        coordinator.topicsChanged(topics, now: now)
        collect()
    }

    private func collect() {
        let effects = coordinator.takeEffects()
        entries += effects.records.map { .record($0, of: effects.producer?.id) }
        for (ticket, response) in effects.replies {
            precondition(answers[ticket] == nil, "a request is answered once")
            answers[ticket] = response
        }
    }

    /// Sends a request and returns its ticket.
    func send<Request: KafkaRequest>(
        _ request: Request, _ version: Int16? = nil, to method: (GroupCoordinator) -> (Request, Call) -> Void
    ) -> Ticket {
        ticketCount += 1
        let ticket = Ticket(rawValue: ticketCount)
        let call = Call(
            ticket: ticket, version: version ?? Request.versions.upperBound, clientID: clientID,
            clientHost: "/127.0.0.1", now: now)
        method(coordinator)(request, call)
        collect()
        return ticket
    }

    func answer<Response: KafkaResponse>(_ ticket: Ticket, as: Response.Type = Response.self) -> Response? {
        answers[ticket] as? Response
    }
}
