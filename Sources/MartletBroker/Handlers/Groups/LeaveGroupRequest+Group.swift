internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// LeaveGroup: members leave a classic group.
extension LeaveGroupRequest: GroupRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) { coordinator.leaveGroup(self, call) }

    func refusal(_ code: ErrorCode) -> LeaveGroupResponse {
        var response = LeaveGroupResponse()
        response.errorCode = code
        return response
    }
}
