internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// OffsetCommit: a group has come so far.
extension OffsetCommitRequest: GroupRequest {
    func perform(_ coordinator: GroupCoordinator, _ call: Call) { coordinator.offsetCommit(self, call) }

    func refusal(_ code: ErrorCode) -> OffsetCommitResponse {
        var response = OffsetCommitResponse()
        response.topics = topics.map { topic in
            var answer = OffsetCommitResponse.Topic()
            answer.name = topic.name
            answer.id = topic.id
            answer.partitions = topic.partitions.map { partition in
                var answer = OffsetCommitResponse.Partition()
                answer.index = partition.index
                answer.errorCode = code
                return answer
            }
            return answer
        }
        return response
    }
}
