import MartletCoordination
import MartletCore
import MartletWire

/// A group coordinator and the coordinators of the share state, with their logs, in a test. What is appended
/// is durable when the test says so; a crash forgets the rest.
final class ShareGroupWorld {
    private(set) var coordinator: GroupCoordinator
    private(set) var states: [ShareStateCoordinator] = []
    /// What is durable.
    private(set) var log: [CoordinatorRecord] = []
    private(set) var stateLogs: [[ShareStateRecord]]
    private(set) var answers: [Ticket: any KafkaResponse] = [:]
    private(set) var now: Timestamp = 1_000_000
    let settings: GroupSettings
    /// What the share state answers instead of doing anything.
    var stateFailure: ErrorCode?
    /// The share state takes its time.
    var isStateSlow = false
    private var questions: [(ticket: ErrandTicket, errand: ShareStateRequest)] = []
    private var unsynced: [GroupCoordinator.Effects] = []
    private var catalogue = TopicCatalogue()
    private var lastTicket: UInt64 = 0

    init(_ topics: [String: Int] = ["t": 4], settings: GroupSettings = GroupSettings(), stateCount: Int = 3) {
        self.settings = settings
        coordinator = GroupCoordinator(settings: settings, random: SplitMix64(seed: 1))
        stateLogs = Array(repeating: [], count: stateCount)
        restart()
        set(topics)
    }

    static func id(_ topic: String) -> TopicID {
        TopicID(high: 7, low: topic.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
    }

    func set(_ topics: [String: Int]) {
        catalogue = TopicCatalogue(
            topics.map { .init(id: Self.id($0.key), name: TopicName($0.key), partitionCount: $0.value) })
        coordinator.topicsChanged(catalogue, now: now)
        take()
        for index in states.indices {
            states[index].topicsChanged(catalogue, now: now)
            takeState(index)
        }
    }

    // MARK: Requests

    /// Asks; the answer comes with `sync`.
    @discardableResult
    func submit(version: Int16 = 1, _ event: (GroupCoordinator, Call) -> Void) -> Ticket {
        lastTicket += 1
        let ticket = Ticket(rawValue: lastTicket)
        event(
            coordinator,
            Call(ticket: ticket, version: version, clientID: "client", clientHost: "/192.0.2.1", now: now))
        take()
        return ticket
    }

    func ask<Response: KafkaResponse>(
        version: Int16 = 1, _ event: (GroupCoordinator, Call) -> Void
    ) throws -> Response {
        let ticket = submit(version: version, event)
        sync()
        guard let answer = answers.removeValue(forKey: ticket) as? Response else { throw NoAnswer() }
        return answer
    }

    struct NoAnswer: Error {}

    static func heartbeat(
        _ member: MemberID, _ epoch: MemberEpoch, _ topics: [TopicName]? = nil, group: GroupID = "g"
    ) -> ShareGroupHeartbeatRequest {
        ShareGroupHeartbeatRequest {
            $0.group = group
            $0.member = member
            $0.memberEpoch = epoch
            $0.subscribedTopics = topics
        }
    }

    func heartbeat(
        _ member: MemberID, _ epoch: MemberEpoch, _ topics: [TopicName]? = nil, group: GroupID = "g"
    ) throws -> ShareGroupHeartbeatResponse {
        let request = Self.heartbeat(member, epoch, topics, group: group)
        return try ask { $0.shareGroupHeartbeat(request, $1) }
    }

    func join(
        _ member: MemberID, _ topics: [TopicName] = ["t"], group: GroupID = "g"
    ) throws -> ShareGroupHeartbeatResponse {
        try heartbeat(member, .joining, topics, group: group)
    }

    /// How many partitions have a stored state.
    var stateCount: Int { states.reduce(0) { $0 + $1.states.count } }

    func takeAnswer(_ ticket: Ticket) -> (any KafkaResponse)? { answers.removeValue(forKey: ticket) }

    // MARK: Time and logs

    func pass(_ milliseconds: Int64) {
        now = now + milliseconds
        coordinator.advance(to: now)
        take()
    }

    private func take() {
        let effects = coordinator.takeEffects()
        if !effects.isEmpty { unsynced.append(effects) }
    }

    /// Makes all durable that was appended, sends the answers, and has the share state asked.
    func sync() {
        while !unsynced.isEmpty {
            let effects = unsynced.removeFirst()
            log += effects.records
            for (ticket, response) in effects.replies {
                precondition(answers[ticket] == nil, "a request is answered twice")
                answers[ticket] = response
            }
            questions += effects.errands
            answerQuestions()
        }
        answerQuestions()
        if !unsynced.isEmpty { sync() }
    }

    private func answerQuestions() {
        while !isStateSlow, !questions.isEmpty {
            let (ticket, request) = questions.removeFirst()
            coordinator.errandDone(ticket, carryOut(request), now: now)
            take()
        }
    }

    private func carryOut(_ request: ShareStateRequest) -> [ShareStateOutcome] {
        if let stateFailure { return request.outcomes(failedWith: stateFailure) }
        return request.parts.flatMap { key, part in
            let index = key.coordinatorPartition(count: states.count)
            let call = Call(
                ticket: Ticket(rawValue: 0), version: 0, clientID: "", clientHost: "", now: now)
            part.perform(states[Int(index)], call)
            return takeState(Int(index)).flatMap { part.outcomes(of: $0) }.map { outcome in
                var outcome = outcome
                outcome.logEnd = 100
                return outcome
            }
        }
    }

    @discardableResult
    private func takeState(_ index: Int) -> [any KafkaResponse] {
        let effects = states[index].takeEffects()
        stateLogs[index] += effects.records
        return effects.replies.map(\.response)
    }

    /// Writes as the leader of a partition does.
    func write(
        _ partition: PartitionIndex, startOffset: Offset, stateEpoch: Int32 = -1, group: GroupID = "g"
    ) throws -> ErrorCode {
        let request = WriteShareGroupStateRequest {
            $0.group = group
            $0.topics = [
                .init {
                    $0.id = Self.id("t")
                    $0.partitions = [
                        .init {
                            $0.index = partition
                            $0.startOffset = startOffset
                            $0.stateEpoch = stateEpoch
                            $0.deliveryCompleteCount = 0
                        }
                    ]
                }
            ]
        }
        let key = ShareStateKey(group, Self.id("t"), partition)
        let index = Int(key.coordinatorPartition(count: states.count))
        states[index].writeShareGroupState(
            request,
            Call(ticket: Ticket(rawValue: 0), version: 1, clientID: "", clientHost: "", now: now))
        guard let answer = takeState(index).first as? WriteShareGroupStateResponse,
            let outcome = answer.topics.first?.partitions.first
        else { throw NoAnswer() }
        return outcome.errorCode
    }

    /// Begins a state as a group that is not this one's.
    func initialize(_ partition: PartitionIndex, stateEpoch: Int32, group: GroupID = "g") {
        let request = InitializeShareGroupStateRequest {
            $0.group = group
            $0.topics = [
                .init {
                    $0.id = Self.id("t")
                    $0.partitions = [
                        .init {
                            $0.index = partition
                            $0.stateEpoch = stateEpoch
                            $0.startOffset = .none
                        }
                    ]
                }
            ]
        }
        let key = ShareStateKey(group, Self.id("t"), partition)
        let index = Int(key.coordinatorPartition(count: states.count))
        states[index].initializeShareGroupState(
            request,
            Call(ticket: Ticket(rawValue: 0), version: 0, clientID: "", clientHost: "", now: now))
        takeState(index)
    }

    /// Everything that is not durable is lost, and so are the requests under way.
    func restart() {
        unsynced = []
        questions = []
        coordinator = loaded()
        coordinator.topicsChanged(catalogue, now: now)
        coordinator.didLoad(now: now)
        take()
        states = stateLogs.map { log in
            let state = ShareStateCoordinator(settings: ShareStateSettings())
            for record in log { state.apply(record) }
            state.topicsChanged(catalogue, now: now)
            state.didLoad(now: now)
            return state
        }
        for index in states.indices { takeState(index) }
    }

    /// A coordinator that knows what is durable.
    func loaded() -> GroupCoordinator {
        let coordinator = GroupCoordinator(settings: settings, random: SplitMix64(seed: 1))
        for record in log { coordinator.apply(record) }
        return coordinator
    }
}

extension ShareGroupHeartbeatResponse {
    /// The partitions of a topic in the assignment; nil without an assignment.
    func partitions(_ topic: String = "t") -> [PartitionIndex]? {
        assignment.map { assignment in
            assignment.topicPartitions.filter { $0.topicID == ShareGroupWorld.id(topic) }.flatMap(
                \.partitions)
        }
    }
}
