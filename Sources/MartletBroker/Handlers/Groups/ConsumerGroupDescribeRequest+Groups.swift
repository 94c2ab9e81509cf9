internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// ConsumerGroupDescribe: the members of consumer groups (KIP-848).
extension ConsumerGroupDescribeRequest: GroupsRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) {
        coordinator.consumerGroupDescribe(self, call)
    }

    func complete(_ answer: inout ConsumerGroupDescribeResponse.Group) {
        if includeAuthorizedOperations { answer.authorizedOperations = .allOnGroup }
    }
}

extension ConsumerGroupDescribeResponse: GroupsResponse {}
extension ConsumerGroupDescribeResponse.Group: AnsweredGroup {}
