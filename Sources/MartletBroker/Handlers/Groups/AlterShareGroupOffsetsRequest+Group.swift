internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// AlterShareGroupOffsets: an operator moves an empty share group.
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
