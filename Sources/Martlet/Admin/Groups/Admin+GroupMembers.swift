public import MartletCore
internal import MartletWire

/// A member of a group that is to be removed.
public enum GroupMemberToRemove: Hashable, Sendable {
    /// A static member, by its name.
    case instance(InstanceID)
    /// Any member, by what the group calls it.
    case member(MemberID)
}

extension Admin {
    /// Takes members out of a group at once, without waiting for their sessions to end; what they had goes to
    /// the others (KIP-345). Members that still run join again.
    ///
    /// - Parameters:
    ///   - members: Nil for all that the group has now.
    ///   - reason: For the broker's log.
    /// - Returns: For each member whether it is out.
    /// - Throws: `unsupportedByBroker` before LeaveGroup 3.
    public func removeMembers(
        of group: GroupID, _ members: [GroupMemberToRemove]? = nil, reason: String? = nil
    ) async throws(MartletError) -> [GroupMemberToRemove: Result<Void, MartletError>] {
        let activity = "removing members of group \"\(group)\""
        let wanted: [GroupMemberToRemove]
        if let members {
            wanted = members
        } else {
            wanted = try await describeGroup(group).members.map { member in
                member.instance.map { .instance($0) } ?? .member(member.id)
            }
        }
        guard !wanted.isEmpty else { return [:] }
        let request = LeaveGroupRequest { request in
            request.group = group
            request.members = wanted.map { member in
                LeaveGroupRequest.Member { wire in
                    switch member {
                    case .instance(let instance): wire.instance = instance
                    case .member(let id): wire.id = id
                    }
                    wire.reason = reason ?? "removed by an administrator"
                }
            }
        }
        let connection = try await client.coordinatorConnection(of: group, in: client.pool)
        let version = connection.brokerVersions[.leaveGroup]?.upperBound ?? 0
        guard version >= Self.firstVersionWithMembers else {
            throw MartletError(
                .unsupportedByBroker,
                "\(activity): the broker serves LeaveGroup up to version \(version), \(Self.firstVersionWithMembers)"
                    + " is needed")
        }
        let response = try await client.sendToCoordinator(
            of: group, request, doing: activity, isRepeatable: false
        ) { $0.errorCode }
        try Self.outcome(response.errorCode, nil, doing: activity).get()
        var results: [GroupMemberToRemove: Result<Void, MartletError>] = [:]
        for answer in response.members {
            let member: GroupMemberToRemove =
                answer.instance.map { .instance($0) } ?? .member(answer.id)
            results[member] = Self.outcome(
                answer.errorCode, nil, doing: "removing \(member) from group \"\(group)\"")
        }
        return results
    }

    private static let firstVersionWithMembers: Int16 = 3
}

extension GroupMemberToRemove: CustomStringConvertible {
    public var description: String {
        switch self {
        case .instance(let instance): "static member \"\(instance)\""
        case .member(let id): "member \"\(id)\""
        }
    }
}
