import MartletCoordination
import MartletCore
import MartletWire

/// The shell of a simulation. What is appended is durable when `sync` has run, and answers wait for that; a
/// crash takes both, and another coordinator goes on with what was durable.
struct ModelBroker {
    private(set) var coordinator: GroupCoordinator
    private(set) var now: Timestamp = 1_000_000
    private(set) var durable: [CoordinatorRecord] = []
    private var appended: [CoordinatorRecord] = []
    private var held: [(ticket: Ticket, response: any KafkaResponse)] = []
    private(set) var answers: [Ticket: any KafkaResponse] = [:]
    /// Requests that wait for an answer; a crash drops them.
    private(set) var waiting: Set<Ticket> = []
    private(set) var violations: [String] = []
    private(set) var trace: UInt64 = 0xcbf2_9ce4_8422_2325
    var partitionCount = 3
    /// What happened, for people; nil if nobody reads it.
    var story: [String]?
    private var ticketCount: UInt64 = 0
    private let settings: GroupSettings
    private let seed: UInt64

    init(seed: UInt64) {
        var settings = GroupSettings()
        settings.initialRebalanceDelayMs = Int64(seed % 3) * 500
        settings.offsetsRetentionCheckIntervalMs = 7 * 24 * 60 * 60_000
        self.settings = settings
        self.seed = seed
        coordinator = GroupCoordinator(settings: settings, random: SeededRandom(seed))
        begin()
    }

    private mutating func begin() {
        coordinator.topicsChanged(catalogue, now: now)
        coordinator.didLoad(now: now)
        collect()
    }

    private var catalogue: TopicCatalogue {
        TopicCatalogue([.init(id: TopicID(high: 1, low: 1), name: "t", partitionCount: partitionCount)])
    }

    // MARK: Events

    mutating func send<Request: KafkaRequest>(
        _ request: Request, _ version: Int16, to method: (GroupCoordinator) -> (Request, Call) -> Void
    ) -> Ticket {
        ticketCount += 1
        let ticket = Ticket(rawValue: ticketCount)
        waiting.insert(ticket)
        let before = fingerprint
        tell("\(ticket.rawValue): \(request)")
        method(coordinator)(
            request,
            Call(ticket: ticket, version: version, clientID: "c", clientHost: "/127.0.0.1", now: now))
        collect(of: ticket, before)
        return ticket
    }

    mutating func pass(_ milliseconds: Int64) {
        let end = now + milliseconds
        while let next = coordinator.nextDeadline, next <= end {
            now = max(now, next)
            coordinator.advance(to: now)
            collect()
        }
        now = end
    }

    mutating func addPartition() {
        partitionCount += 1
        coordinator.topicsChanged(catalogue, now: now)
        collect()
    }

    /// Makes durable what was appended, and sends what waits for that.
    mutating func sync() {
        durable += appended
        appended = []
        for (ticket, response) in held { answers[ticket] = response }
        held = []
    }

    mutating func crash() {
        tell("crash")
        appended = []
        held = []
        answers = [:]
        waiting = []
        coordinator = GroupCoordinator(settings: settings, random: SeededRandom(seed &+ ticketCount))
        for record in durable { coordinator.apply(record) }
        begin()
    }

    mutating func takeAnswer(_ ticket: Ticket) -> (any KafkaResponse)? {
        answers.removeValue(forKey: ticket)
    }

    /// Whether the answer may still come.
    func isOpen(_ ticket: Ticket) -> Bool {
        waiting.contains(ticket) || answers[ticket] != nil || held.contains { $0.ticket == ticket }
    }

    // MARK: Checks

    private mutating func collect(of asked: Ticket? = nil, _ before: Fingerprint? = nil) {
        let effects = coordinator.takeEffects()
        appended += effects.records
        held += effects.replies
        note(UInt64(effects.records.count))
        for (ticket, response) in effects.replies {
            note(ticket.rawValue)
            let error = Self.error(of: response)
            note(UInt64(bitPattern: Int64(error.rawValue)))
            tell("\(ticket.rawValue) answered: \(response)")
            if waiting.remove(ticket) == nil { violations.append("\(ticket) was answered twice") }
            // Of other requests the group may change meanwhile.
            guard ticket == asked, Self.fences.contains(error) else { continue }
            if !effects.records.isEmpty || before != fingerprint {
                violations.append("\(type(of: response)) with \(error) changed the group")
            }
        }
    }

    private static let fences: Set<ErrorCode> = [.illegalGeneration, .unknownMemberID, .fencedInstanceID]

    private static func error(of response: any KafkaResponse) -> ErrorCode {
        switch response {
        case let response as JoinGroupResponse: response.errorCode
        case let response as SyncGroupResponse: response.errorCode
        case let response as HeartbeatResponse: response.errorCode
        case let response as LeaveGroupResponse: response.members.first?.errorCode ?? response.errorCode
        case let response as OffsetCommitResponse: response.topics.first?.partitions.first?.errorCode ?? .none
        default: .none
        }
    }

    mutating func tell(_ event: @autoclosure () -> String) {
        guard story != nil else { return }
        let state = fingerprint.map { "\($0.state) \($0.generation)" } ?? "-"
        let line = "\(now) \(state) \(event())"
        story?.append(line)
    }

    private mutating func note(_ value: UInt64) { trace = (trace ^ value) &* 0x100_0000_01b3 }

    struct Fingerprint: Equatable {
        var state: ClassicGroupState
        var generation: GenerationID
        var leader: MemberID?
        var memberCount: Int
    }

    var group: ClassicGroup? {
        if case .classic(let group)? = coordinator.groups["g"] { group } else { nil }
    }

    private var fingerprint: Fingerprint? {
        group.map {
            Fingerprint(
                state: $0.state, generation: $0.generation, leader: $0.leader, memberCount: $0.memberCount)
        }
    }

    func committed(_ partition: Int) -> Int64? {
        coordinator.offsets.byGroup["g"]?["t"]?[PartitionIndex(partition)]?.offset.rawValue
    }

    /// Whether what the log says is what the coordinator knows.
    func loadsEqually() -> Bool {
        let loaded = GroupCoordinator(settings: settings, random: SeededRandom(seed))
        for record in durable { loaded.apply(record) }
        guard case .classic(let copy)? = loaded.groups["g"], let group else { return false }
        return copy.state == group.state && copy.generation == group.generation && copy.leader == group.leader
            && copy.allMembers.map(\.id) == group.allMembers.map(\.id)
            && copy.allMembers.map(\.assignment) == group.allMembers.map(\.assignment)
            && loaded.offsets.byGroup == coordinator.offsets.byGroup
    }
}
