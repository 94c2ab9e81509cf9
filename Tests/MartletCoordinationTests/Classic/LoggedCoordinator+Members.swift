import MartletCoordination
import MartletCore
import MartletWire

/// Requests as members of classic groups send them.
extension LoggedCoordinator {
    /// What a consumer says of itself: its topics, in version 0 of the consumers' own protocol.
    static func subscription(_ topics: [String]) -> Bytes {
        var bytes: [UInt8] = [0, 0, 0, 0, 0, UInt8(topics.count)]
        for topic in topics { bytes += [0, UInt8(topic.utf8.count)] + Array(topic.utf8) }
        return Bytes(bytes + [0xFF, 0xFF, 0xFF, 0xFF])
    }

    static func join(
        _ member: MemberID = "", instance: InstanceID? = nil, protocols: [String] = ["range"],
        topics: [String] = ["t"], type: String = "consumer", group: GroupID = "g"
    ) -> JoinGroupRequest {
        var request = JoinGroupRequest()
        request.group = group
        request.member = member
        request.instance = instance
        request.sessionTimeoutMs = 10_000
        request.rebalanceTimeoutMs = 60_000
        request.protocolType = type
        request.protocols = protocols.map { name in
            var offered = JoinGroupRequest.GroupProtocol()
            offered.name = name
            offered.metadata = subscription(topics)
            return offered
        }
        return request
    }

    func join(_ request: JoinGroupRequest, _ version: Int16? = nil) -> Ticket {
        send(request, version) { $0.joinGroup }
    }

    /// Joins as clients do since version 4: first without an id, then with the one that was given.
    func joinTwice(_ request: JoinGroupRequest = LoggedCoordinator.join()) -> (
        member: MemberID, ticket: Ticket
    ) {
        let first: JoinGroupResponse? = answer(join(request))
        var request = request
        request.member = first?.member ?? ""
        return (request.member, join(request))
    }

    func joined(_ ticket: Ticket) -> JoinGroupResponse? { answer(ticket) }

    func sync(
        _ member: MemberID, _ generation: GenerationID, instance: InstanceID? = nil,
        parts: [MemberID: Bytes] = [:], _ version: Int16? = nil
    ) -> Ticket {
        var request = SyncGroupRequest()
        request.group = "g"
        request.member = member
        request.generation = generation
        request.instance = instance
        request.protocolType = "consumer"
        request.protocolName = "range"
        request.assignments = parts.sorted { $0.key.rawValue < $1.key.rawValue }.map { member, part in
            var assignment = SyncGroupRequest.Assignment()
            assignment.member = member
            assignment.assignment = part
            return assignment
        }
        return send(request, version) { $0.syncGroup }
    }

    func synced(_ ticket: Ticket) -> SyncGroupResponse? { answer(ticket) }

    func heartbeat(
        _ member: MemberID, _ generation: GenerationID, instance: InstanceID? = nil, group: GroupID = "g"
    ) -> ErrorCode? {
        var request = HeartbeatRequest()
        request.group = group
        request.member = member
        request.generation = generation
        request.instance = instance
        return answer(send(request) { $0.heartbeat }, as: HeartbeatResponse.self)?.errorCode
    }

    func leave(
        _ members: [(MemberID, InstanceID?)], _ version: Int16 = 5
    ) -> LeaveGroupResponse? {
        var request = LeaveGroupRequest()
        request.group = "g"
        request.member = members[0].0
        request.members = members.map { id, instance in
            var member = LeaveGroupRequest.Member()
            member.id = id
            member.instance = instance
            return member
        }
        return answer(send(request, version) { $0.leaveGroup })
    }

    /// A stable group of dynamic members, the first its leader; each has its own name as its part.
    func stableGroup(_ count: Int, _ request: JoinGroupRequest = LoggedCoordinator.join()) -> [MemberID] {
        let joins = (0..<count).map { _ in joinTwice(request) }
        pass(6_000)  // Twice the initial delay, as members came while the first was waited for.
        let generation = joined(joins[0].ticket)?.generation ?? .none
        let members = joins.map(\.member)
        complete(members, generation)
        return members
    }

    /// The first member assigns, and all take their parts.
    func complete(_ members: [MemberID], _ generation: GenerationID) {
        let parts = Dictionary(uniqueKeysWithValues: members.map { ($0, Bytes($0.rawValue)) })
        for member in members { _ = sync(member, generation, parts: member == members[0] ? parts : [:]) }
    }

    var group: ClassicGroup? {
        if case .classic(let group)? = coordinator.groups["g"] { group } else { nil }
    }

    var generation: GenerationID { group?.generation ?? .none }
}
