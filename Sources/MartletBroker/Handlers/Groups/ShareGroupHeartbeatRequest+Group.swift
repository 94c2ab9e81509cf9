internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// ShareGroupHeartbeat: a member of a share group joins, lives, and leaves (KIP-932).
extension ShareGroupHeartbeatRequest: GroupRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) {
        coordinator.shareGroupHeartbeat(self, call)
    }

    func refusal(_ code: ErrorCode) -> ShareGroupHeartbeatResponse {
        var response = ShareGroupHeartbeatResponse()
        response.errorCode = code
        return response
    }
}
