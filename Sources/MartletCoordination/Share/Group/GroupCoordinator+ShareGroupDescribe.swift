internal import MartletCore
package import MartletWire

/// What share groups are like. What the asker may do with them is not known here.
extension GroupCoordinator {
    package func shareGroupDescribe(_ request: ShareGroupDescribeRequest, _ call: Call) {
        let groups = request.groups.map(describeShareGroup)
        reply(call.ticket, ShareGroupDescribeResponse { $0.groups = groups })
    }

    private func describeShareGroup(_ id: GroupID) -> ShareGroupDescribeResponse.Group {
        var description = ShareGroupDescribeResponse.Group { $0.id = id }
        guard let group = shareGroup(id) else {
            description.errorCode = .groupIDNotFound
            description.errorMessage =
                groups[id] == nil ? "There is no group \(id)." : "Group \(id) is of another type than share."
            return description
        }
        description.state = group.stateName
        description.groupEpoch = group.epoch.rawValue
        description.assignmentEpoch = group.targetEpoch.rawValue
        description.assignor = ShareGroup.assignorName
        description.members = group.members.values
            .sorted { $0.id.rawValue < $1.id.rawValue }
            .map { member in
                .init {
                    $0.id = member.id
                    $0.rack = member.rack
                    $0.memberEpoch = member.epoch
                    $0.clientID = member.clientID
                    $0.clientHost = member.clientHost
                    $0.subscribedTopics = member.subscribedTopics
                    $0.assignment = .init { $0.topicPartitions = describe(member.assigned) }
                }
            }
        return description
    }

    /// Topics that are gone have no name to show.
    private func describe(_ partitions: [TopicPartitions]) -> [ShareGroupDescribeResponse.Topic] {
        partitions.compactMap { topic in
            topics[topic.topicID].map { known in
                .init {
                    $0.id = known.id
                    $0.name = known.name
                    $0.partitions = topic.partitions
                }
            }
        }
    }
}
