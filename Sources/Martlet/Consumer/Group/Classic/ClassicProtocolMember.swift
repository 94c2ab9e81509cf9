internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// A member of a group whose members divide the partitions among themselves: its requests, and what the
/// answers mean. No I/O and no clock.
struct ClassicProtocolMember {
    /// What is to be done after an answer.
    enum Outcome {
        case settled
        /// The group begins anew; come along.
        case joinAgain
        /// As `joinAgain`, but what we had is no longer ours.
        case startOver(ErrorCode)
        case failed(MartletError)
    }

    /// The subscription's version that we write; readers of older ones ignore what they do not know.
    private static let subscriptionVersion: Int16 = 3
    private static let assignmentVersion: Int16 = 3

    private let configuration: GroupConsumerConfiguration
    private(set) var id = MemberID()
    private(set) var generation = GenerationID.none
    /// The way of dividing that the group has chosen.
    private(set) var assignor: ClassicAssignor?
    /// What the last rebalance gave us, and which one that was. Kept when we are thrown out: an assignor may
    /// give it to us again.
    private var lastAssignment: Set<TopicPartition> = []
    private var lastGeneration = GenerationID.none

    init(_ configuration: GroupConsumerConfiguration) {
        self.configuration = configuration
    }

    /// Whether partitions stay while the group rebalances.
    var isCooperative: Bool { configuration.classicAssignors.allSatisfy(\.isCooperative) }

    // MARK: Joining

    func joinRequest(
        topics: [TopicName], owned: Set<TopicPartition>
    ) throws(WireError) -> JoinGroupRequest {
        var request = JoinGroupRequest()
        request.group = configuration.group
        request.sessionTimeoutMs = Int32(clamping: configuration.sessionTimeout.milliseconds)
        request.rebalanceTimeoutMs = Int32(clamping: configuration.rebalanceTimeout.milliseconds)
        request.member = id
        request.instance = configuration.instance
        request.protocolType = consumerProtocolType
        let subscription = ConsumerProtocolSubscription { subscription in
            subscription.topics = topics.sorted()
            subscription.ownedPartitions = ConsumerProtocolPartitions.grouped(owned)
            subscription.generation = generation
            subscription.rack = configuration.rack
        }
        for assignor in configuration.classicAssignors {
            var subscription = subscription
            subscription.userData = assignor.assignor.userData(
                assignment: lastAssignment, generation: lastGeneration)
            let metadata = try subscription.prefixed(version: Self.subscriptionVersion)
            request.protocols.append(
                JoinGroupRequest.GroupProtocol {
                    $0.name = assignor.name
                    $0.metadata = metadata
                })
        }
        return request
    }

    mutating func didJoin(_ response: JoinGroupResponse) -> Outcome {
        switch response.errorCode {
        case .none:
            id = response.member
            generation = response.generation
            let chosen = configuration.classicAssignors.first { $0.name == response.protocolName }
            guard let chosen else {
                return .failed(
                    MartletError(
                        .protocolViolation,
                        "group \"\(configuration.group)\" divides by \(response.protocolName ?? "nothing"), which"
                            + " this member did not offer"))
            }
            assignor = chosen
            return .settled
        case .memberIDRequired:
            id = response.member
            return .joinAgain
        default: return outcome(of: response.errorCode, doing: "joining group")
        }
    }

    // MARK: Assignments

    /// What the members said of themselves, for the leader.
    func members(of response: JoinGroupResponse) throws(WireError) -> [GroupSubscription.Member] {
        try response.members.map { wire throws(WireError) in
            let subscription = try ConsumerProtocolSubscription(prefixed: wire.metadata)
            var member = GroupSubscription.Member(
                id: wire.id, instance: wire.instance, rack: subscription.rack,
                topics: Set(subscription.topics))
            member.owned = ConsumerProtocolPartitions.flattened(subscription.ownedPartitions)
            member.generation = subscription.generation
            member.userData = subscription.userData
            return member
        }
    }

    func syncRequest(
        _ shares: [MemberID: Set<TopicPartition>]
    ) throws(WireError) -> SyncGroupRequest {
        var request = SyncGroupRequest()
        request.group = configuration.group
        request.generation = generation
        request.member = id
        request.instance = configuration.instance
        request.protocolType = consumerProtocolType
        request.protocolName = assignor?.name
        for (member, partitions) in shares.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let assignment = try ConsumerProtocolAssignment {
                $0.partitions = ConsumerProtocolPartitions.grouped(partitions)
            }.prefixed(version: Self.assignmentVersion)
            request.assignments.append(
                SyncGroupRequest.Assignment {
                    $0.member = member
                    $0.assignment = assignment
                })
        }
        return request
    }

    /// - Returns: What is to be done, and with `settled` the partitions that we should have.
    mutating func didSync(_ response: SyncGroupResponse) -> (Outcome, Set<TopicPartition>) {
        guard response.errorCode == .none else {
            return (outcome(of: response.errorCode, doing: "synchronising with group"), [])
        }
        do {
            // Who gets nothing may get no bytes at all.
            let partitions =
                response.assignment.isEmpty
                ? [] : try ConsumerProtocolAssignment(prefixed: response.assignment).partitions
            lastAssignment = ConsumerProtocolPartitions.flattened(partitions)
            lastGeneration = generation
            return (.settled, lastAssignment)
        } catch {
            let message = "the assignment of group \"\(configuration.group)\" cannot be read: \(error)"
            return (.failed(MartletError(.protocolViolation, message, underlying: error)), [])
        }
    }

    // MARK: Heartbeats

    func heartbeatRequest() -> HeartbeatRequest {
        HeartbeatRequest { request in
            request.group = configuration.group
            request.generation = generation
            request.member = id
            request.instance = configuration.instance
        }
    }

    mutating func didHeartbeat(_ response: HeartbeatResponse) -> Outcome {
        response.errorCode == .none ? .settled : outcome(of: response.errorCode, doing: "staying in group")
    }

    private mutating func outcome(of code: ErrorCode, doing activity: String) -> Outcome {
        switch code {
        case .rebalanceInProgress: return .joinAgain
        case .unknownMemberID:
            id = MemberID()
            generation = .none
            return .startOver(code)
        case .illegalGeneration:
            generation = .none
            return .startOver(code)
        default:
            return .failed(.broker(code, nil, doing: "\(activity) \"\(configuration.group)\""))
        }
    }
}
