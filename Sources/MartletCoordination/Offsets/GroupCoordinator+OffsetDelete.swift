internal import MartletCore
package import MartletWire

/// Administrators make groups forget how far they have come.
extension GroupCoordinator {
    package func offsetDelete(_ request: OffsetDeleteRequest, _ call: Call) {
        var response = OffsetDeleteResponse()
        if request.group.rawValue.isEmpty {
            response.errorCode = .invalidGroupID
        } else if let group = groups[request.group]?.coordinated {
            response.errorCode = group.validateOffsetDelete() ?? .none
            if response.errorCode == .none {
                response.topics = request.topics.map { deleteOffsets(of: $0, in: group, request.group) }
            }
        } else {
            response.errorCode = .groupIDNotFound
        }
        reply(call.ticket, response)
    }

    private func deleteOffsets(
        of topic: OffsetDeleteRequest.Topic, in group: any CoordinatedGroup, _ id: GroupID
    ) -> OffsetDeleteResponse.Topic {
        var answer = OffsetDeleteResponse.Topic()
        answer.name = topic.name
        let found = FoundTopic(topic: topics[topic.name], missing: .unknownTopicOrPartition)
        answer.partitions = topic.partitions.map { asked in
            var partition = OffsetDeleteResponse.Partition()
            partition.index = asked.index
            partition.errorCode = found.error(for: asked.index)
            if partition.errorCode == .none, group.isSubscribed(to: topic.name) {
                partition.errorCode = .groupSubscribedToTopic
            }
            let key = OffsetCommitKey(id, topic.name, asked.index)
            if partition.errorCode == .none, offsets.contains(key) { append(.offset(key, nil)) }
            return partition
        }
        return answer
    }
}
