internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// SyncGroup: a member asks for its part of the assignment; the leader brings it.
extension SyncGroupRequest: GroupRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) { coordinator.syncGroup(self, call) }

    func refusal(_ code: ErrorCode) -> SyncGroupResponse {
        var response = SyncGroupResponse()
        response.errorCode = code
        return response
    }
}
