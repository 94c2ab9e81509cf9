internal import MartletCore
package import MartletWire

/// What classic groups are like. What the asker may do with them is not known here.
extension GroupCoordinator {
    /// All groups of the request must be this coordinator's.
    package func describeGroups(_ request: DescribeGroupsRequest, _ call: Call) {
        var response = DescribeGroupsResponse()
        response.groups = request.groups.map { describe($0, version: call.version) }
        reply(call.ticket, response)
    }

    private func describe(_ id: GroupID, version: Int16) -> DescribeGroupsResponse.Group {
        var description = DescribeGroupsResponse.Group()
        description.id = id
        guard case .classic(let group)? = groups[id] else {
            description.state = ClassicGroupState.deadName
            if version >= 6 {
                description.errorCode = .groupIDNotFound
                description.errorMessage =
                    groups[id] == nil
                    ? "There is no group \(id)." : "Group \(id) is of another type than classic."
            }
            return description
        }
        description.state = group.stateName
        description.protocolType = group.protocolTypeName
        // Between generations what members say and have is about to change.
        let isStable = group.state == .stable
        if isStable { description.protocolName = group.protocolName ?? "" }
        description.members = group.members.all.map { member in
            var entry = DescribeGroupsResponse.Member()
            entry.id = member.id
            entry.instance = member.instance
            entry.clientID = member.clientID
            entry.clientHost = member.clientHost
            if isStable {
                entry.metadata = member.metadata(for: group.protocolName)
                entry.assignment = member.assignment
            }
            return entry
        }
        return description
    }
}
