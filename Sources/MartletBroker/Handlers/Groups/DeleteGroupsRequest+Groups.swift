internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// DeleteGroups: forgets groups without members, and their offsets.
extension DeleteGroupsRequest: GroupsRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) { coordinator.deleteGroups(self, call) }
}

extension DeleteGroupsResponse: GroupsResponse {}
extension DeleteGroupsResponse.Group: AnsweredGroup {}
