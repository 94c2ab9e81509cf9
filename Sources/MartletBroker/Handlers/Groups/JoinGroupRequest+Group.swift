internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// JoinGroup: a member joins a group, or joins it again.
extension JoinGroupRequest: GroupRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) { coordinator.joinGroup(self, call) }

    func refusal(_ code: ErrorCode) -> JoinGroupResponse {
        var response = JoinGroupResponse()
        response.errorCode = code
        return response
    }
}
