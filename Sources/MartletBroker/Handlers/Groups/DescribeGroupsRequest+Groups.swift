internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// DescribeGroups: the members of classic groups.
extension DescribeGroupsRequest: GroupsRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) { coordinator.describeGroups(self, call) }

    func complete(_ answer: inout DescribeGroupsResponse.Group) {
        if includeAuthorizedOperations { answer.authorizedOperations = .allOnGroup }
    }
}

extension DescribeGroupsResponse: GroupsResponse {}
extension DescribeGroupsResponse.Group: AnsweredGroup {}
