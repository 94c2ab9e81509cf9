import MartletCore
import MartletCoordination
import MartletWire
import Testing

/// A coordinator in a test: its log, its clock, and requests that are answered in the same event.
final class ConsumerCoordinator {
    private(set) var coordinator: GroupCoordinator
    /// Everything that was ever appended.
    private(set) var log: [CoordinatorRecord] = []
    private(set) var now: Timestamp = 1_000_000
    let settings: GroupSettings
    private var catalogue = TopicCatalogue()
    private var nextTicket: UInt64 = 0
    private var answers: [Ticket: any KafkaResponse] = [:]
    private var seed: UInt64
    /// From which size on members of a group share divisions.
    let sharingThreshold: Int

    init(
        _ topics: [String: Int] = [:], settings: GroupSettings = GroupSettings(), seed: UInt64 = 1,
        sharingThreshold: Int = GroupCoordinator.usualSharingThreshold
    ) {
        self.settings = settings
        self.seed = seed
        self.sharingThreshold = sharingThreshold
        coordinator = GroupCoordinator(settings: settings, random: SplitMix64(seed: seed))
        coordinator.sharingThreshold = sharingThreshold
        coordinator.didLoad(now: now)
        set(topics)
    }

    static func id(_ topic: String) -> TopicID {
        TopicID(high: 7, low: topic.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
    }

    static func catalogue(_ topics: [String: Int]) -> TopicCatalogue {
        TopicCatalogue(
            topics.map { .init(id: id($0.key), name: TopicName($0.key), partitionCount: $0.value) })
    }

    func set(_ topics: [String: Int]) {
        catalogue = Self.catalogue(topics)
        coordinator.topicsChanged(catalogue, now: now)
        take()
    }

    func override(_ group: GroupID, _ change: (inout GroupOverrides) -> Void) {
        var overrides = GroupOverrides()
        change(&overrides)
        coordinator.overridesChanged([group: overrides], now: now)
    }

    /// Time passes.
    func pass(_ milliseconds: Int64) {
        let end = now + milliseconds
        while let next = coordinator.nextDeadline, next <= end {
            now = max(now, next)
            coordinator.advance(to: now)
            take()
        }
        now = end
    }

    /// Another coordinator takes over, and reads the log.
    func restart() {
        seed &+= 1
        coordinator = Self.loaded(log, settings: settings, seed: seed)
        coordinator.sharingThreshold = sharingThreshold
        coordinator.didLoad(now: now)
        coordinator.topicsChanged(catalogue, now: now)
        answers = [:]
        take()
    }

    static func loaded(
        _ log: [CoordinatorRecord], settings: GroupSettings, seed: UInt64 = 1
    ) -> GroupCoordinator {
        let coordinator = GroupCoordinator(settings: settings, random: SplitMix64(seed: seed))
        for record in log { coordinator.apply(record) }
        return coordinator
    }

    private func take() {
        let effects = coordinator.takeEffects()
        log += effects.records
        for reply in effects.replies { answers[reply.ticket] = reply.response }
    }

    func call(version: Int16, clientID: String = "client") -> Call {
        nextTicket += 1
        return Call(
            ticket: Ticket(rawValue: nextTicket), version: version, clientID: clientID,
            clientHost: "/192.0.2.1", now: now)
    }

    /// Sends a request; its answer may come later.
    func send(version: Int16, _ send: (GroupCoordinator, Call) -> Void) -> Ticket {
        let call = call(version: version)
        send(coordinator, call)
        take()
        return call.ticket
    }

    /// Takes an answer, if it is there.
    func answer<Response: KafkaResponse>(to ticket: Ticket, _ type: Response.Type = Response.self)
        -> Response?
    {
        answers.removeValue(forKey: ticket) as? Response
    }

    /// What a crash in the middle leaves: nothing of the request.
    func lose(version: Int16, _ send: (GroupCoordinator, Call) -> Void) {
        send(coordinator, call(version: version))
        _ = coordinator.takeEffects()
        restart()
    }

    func heartbeat(
        version: Int16 = 1, _ set: (inout ConsumerGroupHeartbeatRequest) -> Void
    ) throws -> ConsumerGroupHeartbeatResponse {
        var request = ConsumerGroupHeartbeatRequest { $0.group = "group" }
        set(&request)
        let ticket = send(version: version) { $0.consumerGroupHeartbeat(request, $1) }
        // Large groups are divided for all who come at about the same time.
        if answers[ticket] == nil { pass(20) }
        return try #require(answer(to: ticket))
    }

    func describe(_ group: GroupID = "group") throws -> ConsumerGroupDescribeResponse.Group {
        let request = ConsumerGroupDescribeRequest { $0.groups = [group] }
        let response: ConsumerGroupDescribeResponse? = answer(
            to: send(version: 1) { $0.consumerGroupDescribe(request, $1) })
        return try #require(response?.groups.first)
    }
}
