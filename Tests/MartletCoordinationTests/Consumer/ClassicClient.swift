import MartletCore
import MartletCoordination
import MartletWire

/// A client of the classic protocol with a cooperative assignor, as librdkafka and the Java client behave.
/// When it is made the leader it divides the partitions itself.
final class ClassicClient {
    let broker: ConsumerCoordinator
    private(set) var id = MemberID()
    var instance: InstanceID?
    var topics: [TopicName]
    var sessionTimeoutMs: Int32 = 30_000
    private(set) var generation = GenerationID.none
    private(set) var owned = PartitionSet()
    private(set) var phase = Phase.unjoined
    private(set) var lastError = ErrorCode.none
    /// From the answer to the last join; only the leader has them.
    private var members: [JoinGroupResponse.Member] = []
    private var isLeader = false

    enum Phase: Equatable {
        case unjoined
        case joining(Ticket)
        case syncing(Ticket)
        case stable
    }

    init(_ broker: ConsumerCoordinator, topics: [TopicName]) {
        self.broker = broker
        self.topics = topics
    }

    var partitions: [String] {
        owned.elements.map { "\(broker.coordinator.topics[$0.topic]?.name.rawValue ?? "?")-\($0.partition)" }
            .sorted()
    }

    /// Whether it has nothing to wait for.
    var isStable: Bool { phase == .stable }

    private var subscription: ConsumerProtocolSubscription {
        ConsumerProtocolSubscription {
            $0.topics = topics
            $0.generation = generation
            $0.ownedPartitions = Self.byName(owned, broker)
        }
    }

    static func byName(_ partitions: PartitionSet, _ broker: ConsumerCoordinator)
        -> [ConsumerProtocolPartitions]
    {
        partitions.topicPartitions.compactMap { topic in
            broker.coordinator.topics[topic.topicID].map { known in
                .init {
                    $0.topic = known.name
                    $0.partitions = topic.partitions
                }
            }
        }
    }

    static func byID(_ topics: [ConsumerProtocolPartitions], _ broker: ConsumerCoordinator) -> PartitionSet {
        PartitionSet(
            topics.flatMap { topic in
                broker.coordinator.topics[topic.topic].map { known in
                    topic.partitions.map { TopicIDPartition(known.id, $0) }
                } ?? []
            })
    }

    /// Does the next thing.
    func poll() throws {
        switch phase {
        case .unjoined: try join()
        case .joining(let ticket):
            if let response: JoinGroupResponse = broker.answer(to: ticket) { try joined(response) }
        case .syncing(let ticket):
            if let response: SyncGroupResponse = broker.answer(to: ticket) { try synced(response) }
        case .stable: try heartbeat()
        }
    }

    private func join() throws {
        let request = JoinGroupRequest {
            $0.group = "group"
            $0.member = id
            $0.instance = instance
            $0.sessionTimeoutMs = sessionTimeoutMs
            $0.rebalanceTimeoutMs = 60_000
            $0.protocolType = "consumer"
            $0.protocols = [
                .init {
                    $0.name = "cooperative-sticky"
                    $0.metadata = (try? subscription.prefixed(version: 2)) ?? .empty
                }
            ]
        }
        phase = .joining(broker.send(version: 9) { $0.joinGroup(request, $1) })
        try poll()
    }

    private func joined(_ response: JoinGroupResponse) throws {
        lastError = response.errorCode
        guard response.errorCode == .none else {
            if response.errorCode == .memberIDRequired { id = response.member } else { failed() }
            phase = .unjoined
            if response.errorCode == .memberIDRequired { try join() }
            return
        }
        id = response.member
        generation = response.generation
        isLeader = response.leader == id
        members = response.members
        let assignments = isLeader ? try divide() : []
        let request = SyncGroupRequest {
            $0.group = "group"
            $0.generation = generation
            $0.member = id
            $0.instance = instance
            $0.protocolType = "consumer"
            $0.protocolName = "cooperative-sticky"
            $0.assignments = assignments
        }
        phase = .syncing(broker.send(version: 5) { $0.syncGroup(request, $1) })
        try poll()
    }

    private func synced(_ response: SyncGroupResponse) throws {
        lastError = response.errorCode
        guard response.errorCode == .none else {
            failed()
            phase = .unjoined
            return
        }
        let assigned =
            response.assignment.isEmpty
            ? PartitionSet()
            : Self.byID(try ConsumerProtocolAssignment(prefixed: response.assignment).partitions, broker)
        let lost = owned.subtracting(assigned)
        owned = assigned
        // What was given up is divided in the next generation.
        phase = lost.isEmpty ? .stable : .unjoined
    }

    private func heartbeat() throws {
        let request = HeartbeatRequest {
            $0.group = "group"
            $0.generation = generation
            $0.member = id
            $0.instance = instance
        }
        let ticket = broker.send(version: 4) { $0.heartbeat(request, $1) }
        guard let response: HeartbeatResponse = broker.answer(to: ticket) else { return }
        lastError = response.errorCode
        if response.errorCode == .none { return }
        failed()
        phase = .unjoined
    }

    /// Who is told that it is not known, or not current, owns nothing any more.
    private func failed() {
        switch lastError {
        case .unknownMemberID, .fencedInstanceID:
            id = MemberID()
            fallthrough
        case .illegalGeneration:
            owned = PartitionSet()
            generation = .none
        default: break
        }
    }

    func leave() {
        let request = LeaveGroupRequest {
            $0.group = "group"
            $0.members = [
                .init {
                    $0.id = id
                    $0.instance = instance
                }
            ]
        }
        _ = broker.send(version: 5) { $0.leaveGroup(request, $1) }
        forget()
    }

    /// Requests that were on their way are lost with the connection.
    func disconnect() {
        if phase != .stable { phase = .unjoined }
    }

    /// Its subscription or its topics have changed.
    func joinAgain() {
        if phase == .stable { phase = .unjoined }
    }

    func forget() {
        id = MemberID()
        owned = PartitionSet()
        generation = .none
        phase = .unjoined
    }

    /// Divides all partitions among the members; what somebody else owns stays free until it is given up.
    private func divide() throws -> [SyncGroupRequest.Assignment] {
        let subscriptions = try members.map { try ConsumerProtocolSubscription(prefixed: $0.metadata) }
        let topics = Set(subscriptions.flatMap(\.topics)).compactMap { broker.coordinator.topics[$0] }
            .sorted { $0.id < $1.id }
        // Two may claim the same partition, if one has missed a generation: the newer claim counts.
        var claims: [TopicIDPartition: Int] = [:]
        for (member, subscription) in subscriptions.enumerated() {
            for partition in Self.byID(subscription.ownedPartitions, broker).elements {
                if let other = claims[partition], subscriptions[other].generation >= subscription.generation {
                    continue
                }
                claims[partition] = member
            }
        }
        let owned = members.indices.map { member in
            PartitionSet(claims.filter { $0.value == member }.keys)
        }
        let task = AssignmentTask(
            topics: topics.map { .init(id: $0.id, partitionCount: $0.partitionCount) },
            subscriptions: .each(
                subscriptions.map { subscription in
                    topics.indices.filter { subscription.topics.contains(topics[$0].name) }
                }),
            previous: owned)
        let shares = UniformAssignor().assign(task)
        return try zip(members.indices, shares).map { member, share in
            let free = share.filter { claims[$0] == nil || claims[$0] == member }
            let assignment = ConsumerProtocolAssignment { $0.partitions = Self.byName(free, broker) }
            return try .init {
                $0.member = members[member].id
                $0.assignment = try assignment.prefixed(version: 2)
            }
        }
    }
}
