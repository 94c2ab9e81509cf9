import MartletCoordination
import MartletCore
import MartletWire

/// A coordinator with a clock and a log around it, as a shell has them: every event is followed by its
/// effects at once, and a restart loads another coordinator from the bytes of the log.
final class LoggedCoordinator {
    private(set) var coordinator: GroupCoordinator
    private(set) var log: [CoordinatorRecord] = []
    private(set) var answers: [Ticket: any KafkaResponse] = [:]
    var now: Timestamp = 1_000_000
    var clientID = "client"
    private var ticketCount: UInt64 = 0
    private let settings: GroupSettings
    private let catalogue: TopicCatalogue

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
    func restart() throws {
        coordinator = GroupCoordinator(settings: settings, random: SeededRandom(UInt64(log.count)))
        for record in log {
            let (key, value) = try record.encoded()
            if let record = try CoordinatorRecord(key: key, value: value) { coordinator.apply(record) }
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

    func topicsChanged(_ topics: TopicCatalogue) {
        coordinator.topicsChanged(topics, now: now)
        collect()
    }

    private func collect() {
        let effects = coordinator.takeEffects()
        log += effects.records
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
