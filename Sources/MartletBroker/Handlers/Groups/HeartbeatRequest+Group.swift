internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// Heartbeat: a member of a classic group lives.
extension HeartbeatRequest: GroupRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) { coordinator.heartbeat(self, call) }

    func refusal(_ code: ErrorCode) -> HeartbeatResponse {
        var response = HeartbeatResponse()
        response.errorCode = code
        return response
    }
}
