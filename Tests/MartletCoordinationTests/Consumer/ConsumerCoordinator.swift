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
    private var seed: UInt64

    init(_ topics: [String: Int] = [:], settings: GroupSettings = GroupSettings(), seed: UInt64 = 1) {
        self.settings = settings
        self.seed = seed
        coordinator = GroupCoordinator(settings: settings, random: SplitMix64(seed: seed))
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
        _ = take()
    }

    func override(_ group: GroupID, _ change: (inout GroupOverrides) -> Void) {
        var overrides = GroupOverrides()
        change(&overrides)
        coordinator.overridesChanged([group: overrides], now: now)
    }

    /// Time passes; gives what was answered meanwhile.
    @discardableResult
    func pass(_ milliseconds: Int64) -> [(ticket: Ticket, response: any KafkaResponse)] {
        let end = now + milliseconds
        var replies: [(ticket: Ticket, response: any KafkaResponse)] = []
        while let next = coordinator.nextDeadline, next <= end {
            now = max(now, next)
            coordinator.advance(to: now)
            replies += take()
        }
        now = end
        return replies
    }

    /// Another coordinator takes over, and reads the log.
    func restart() {
        seed &+= 1
        coordinator = Self.loaded(log, settings: settings, seed: seed)
        coordinator.didLoad(now: now)
        coordinator.topicsChanged(catalogue, now: now)
        _ = take()
    }

    static func loaded(
        _ log: [CoordinatorRecord], settings: GroupSettings, seed: UInt64 = 1
    ) -> GroupCoordinator {
        let coordinator = GroupCoordinator(settings: settings, random: SplitMix64(seed: seed))
        for record in log { coordinator.apply(record) }
        return coordinator
    }

    private func take() -> [(ticket: Ticket, response: any KafkaResponse)] {
        let effects = coordinator.takeEffects()
        log += effects.records
        return effects.replies
    }

    func call(version: Int16, clientID: String = "client") -> Call {
        nextTicket += 1
        return Call(
            ticket: Ticket(rawValue: nextTicket), version: version, clientID: clientID,
            clientHost: "/192.0.2.1", now: now)
    }

    /// Sends a request, and gives its answer if it is there at once.
    func send<Response: KafkaResponse>(
        version: Int16, _ send: (GroupCoordinator, Call) -> Void, _ type: Response.Type = Response.self
    ) -> Response? {
        let call = call(version: version)
        send(coordinator, call)
        return take().first { $0.ticket == call.ticket }?.response as? Response
    }

    func heartbeat(
        version: Int16 = 1, _ set: (inout ConsumerGroupHeartbeatRequest) -> Void
    ) throws -> ConsumerGroupHeartbeatResponse {
        var request = ConsumerGroupHeartbeatRequest { $0.group = "group" }
        set(&request)
        return try #require(
            send(version: version, { $0.consumerGroupHeartbeat(request, $1) }))
    }

    func describe(_ group: GroupID = "group") throws -> ConsumerGroupDescribeResponse.Group {
        let response: ConsumerGroupDescribeResponse? = send(
            version: 1,
            { coordinator, call in
                coordinator.consumerGroupDescribe(
                    ConsumerGroupDescribeRequest { $0.groups = [group] }, call)
            })
        return try #require(response?.groups.first)
    }
}

/// A client of the consumer protocol, as librdkafka and the Java client behave.
final class ConsumerClient {
    let id: MemberID
    let broker: ConsumerCoordinator
    var topics: [TopicName]?
    var pattern: String?
    var instance: InstanceID?
    var assignor: String?
    var rebalanceTimeoutMs: Int32 = 60_000
    private(set) var epoch = MemberEpoch.joining
    /// What it reads now.
    private(set) var owned = PartitionSet()
    /// What it was told to read.
    private(set) var assigned = PartitionSet()
    private(set) var lastError = ErrorCode.none
    /// Fields that are sent in full when the client joins, and when they change.
    private var sendsAll = true
    private var sendsOwned = true

    init(_ id: MemberID, _ broker: ConsumerCoordinator, topics: [TopicName]? = nil, pattern: String? = nil) {
        self.id = id
        self.broker = broker
        self.topics = topics
        self.pattern = pattern
    }

    var partitions: [String] {
        owned.elements.map { "\(broker.coordinator.topics[$0.topic]?.name.rawValue ?? "?")-\($0.partition)" }
            .sorted()
    }

    func subscribe(to topics: [TopicName]) {
        self.topics = topics
        sendsAll = true
    }

    /// Gives up what it should, takes what it got, and says so with the next heartbeat.
    func settle() {
        guard owned != assigned else { return }
        owned = assigned
        sendsOwned = true
    }

    @discardableResult
    func heartbeat() throws -> ErrorCode {
        let isJoining = epoch == .joining
        let response = try broker.heartbeat {
            $0.member = id
            $0.memberEpoch = epoch
            $0.instance = instance
            if isJoining || sendsAll {
                $0.rebalanceTimeoutMs = rebalanceTimeoutMs
                $0.subscribedTopics = topics
                $0.subscribedTopicRegex = pattern
                $0.assignor = assignor
            }
            if isJoining || sendsAll || sendsOwned { $0.topicPartitions = owned.topicPartitions }
        }
        lastError = response.errorCode
        switch response.errorCode {
        case .none:
            sendsAll = false
            sendsOwned = false
            epoch = response.memberEpoch
            if let assignment = response.assignment { assigned = PartitionSet(assignment.topicPartitions) }
        case .fencedMemberEpoch, .unknownMemberID:
            forget()
        default:
            break
        }
        return response.errorCode
    }

    /// Heartbeats and does as it is told.
    @discardableResult
    func poll() throws -> ErrorCode {
        let error = try heartbeat()
        settle()
        return error
    }

    @discardableResult
    func leave(for epoch: MemberEpoch = .leaving) throws -> ErrorCode {
        let response = try broker.heartbeat {
            $0.member = id
            $0.memberEpoch = epoch
            $0.instance = instance
        }
        forget()
        return response.errorCode
    }

    /// As after a crash, or when it was fenced.
    func forget() {
        epoch = .joining
        owned = PartitionSet()
        assigned = PartitionSet()
        sendsAll = true
        sendsOwned = true
    }
}

extension Array where Element == ConsumerClient {
    /// All heartbeat in turns until nobody gets anything new.
    func converge(rounds: Int = 10) throws {
        for _ in 0..<rounds {
            let before = map { "\($0.epoch)\($0.owned.elements)" }
            for client in self { try client.poll() }
            if map({ "\($0.epoch)\($0.owned.elements)" }) == before { return }
        }
    }
}
