internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// ConsumerGroupHeartbeat: a member of a consumer group joins, lives, and leaves (KIP-848).
extension ConsumerGroupHeartbeatRequest: GroupRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) {
        coordinator.consumerGroupHeartbeat(self, call)
    }

    func refusal(_ code: ErrorCode) -> ConsumerGroupHeartbeatResponse {
        var response = ConsumerGroupHeartbeatResponse()
        response.errorCode = code
        return response
    }
}
