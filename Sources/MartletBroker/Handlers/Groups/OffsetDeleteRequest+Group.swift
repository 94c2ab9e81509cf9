internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// OffsetDelete: takes committed offsets back.
extension OffsetDeleteRequest: GroupRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) { coordinator.offsetDelete(self, call) }

    func refusal(_ code: ErrorCode) -> OffsetDeleteResponse {
        var response = OffsetDeleteResponse()
        response.errorCode = code
        return response
    }
}
