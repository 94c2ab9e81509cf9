internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// DeleteShareGroupOffsets: an empty share group forgets topics.
extension DeleteShareGroupOffsetsRequest: GroupRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) {
        coordinator.deleteShareGroupOffsets(self, call)
    }

    func refusal(_ code: ErrorCode) -> DeleteShareGroupOffsetsResponse {
        var response = DeleteShareGroupOffsetsResponse()
        response.errorCode = code
        return response
    }
}
