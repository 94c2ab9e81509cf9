internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// ShareGroupDescribe: the members of share groups (KIP-932).
extension ShareGroupDescribeRequest: GroupsRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) { coordinator.shareGroupDescribe(self, call) }

    func complete(_ answer: inout ShareGroupDescribeResponse.Group) {
        if includeAuthorizedOperations { answer.authorizedOperations = .allOnGroup }
    }
}

extension ShareGroupDescribeResponse: GroupsResponse {}
extension ShareGroupDescribeResponse.Group: AnsweredGroup {}
