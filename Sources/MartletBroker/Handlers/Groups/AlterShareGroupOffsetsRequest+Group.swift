internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// AlterShareGroupOffsets: sets where a share group without members goes on.
extension AlterShareGroupOffsetsRequest: GroupRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) {
        coordinator.alterShareGroupOffsets(self, call)
    }

    func refusal(_ code: ErrorCode) -> AlterShareGroupOffsetsResponse {
        var response = AlterShareGroupOffsetsResponse()
        response.errorCode = code
        return response
    }
}
