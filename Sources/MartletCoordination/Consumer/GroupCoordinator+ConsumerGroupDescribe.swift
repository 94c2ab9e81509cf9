package import MartletCore
package import MartletWire

extension GroupCoordinator {
    /// Describes groups of the consumer protocol.
    package func consumerGroupDescribe(_ request: ConsumerGroupDescribeRequest, _ call: Call) {
        let groups = request.groups.map(describeConsumerGroup)
        reply(call.ticket, ConsumerGroupDescribeResponse { $0.groups = groups })
    }

    /// One group, as the answer has it.
    package func describeConsumerGroup(_ id: GroupID) -> ConsumerGroupDescribeResponse.Group {
        var description = ConsumerGroupDescribeResponse.Group { $0.id = id }
        guard let group = consumerGroup(id) else {
            description.errorCode = .groupIDNotFound
            description.errorMessage =
                groups[id] == nil
                ? "There is no group \(id)." : "Group \(id) is of another type than consumer."
            return description
        }
        description.state = group.stateName
        description.groupEpoch = group.epoch.rawValue
        description.assignmentEpoch = group.targetEpoch.rawValue
        description.assignor = assignor(for: group).name
        description.members = group.order.compactMap { member in
            group[member].map { describe($0, target: group.targets[member] ?? PartitionSet()) }
        }
        return description
    }

    private func describe(
        _ member: ConsumerMember, target: PartitionSet
    ) -> ConsumerGroupDescribeResponse.Member {
        ConsumerGroupDescribeResponse.Member {
            $0.id = member.id
            $0.instance = member.instance
            $0.rack = member.rack
            $0.memberEpoch = member.epoch
            $0.clientID = member.clientID
            $0.clientHost = member.clientHost
            $0.subscribedTopics = member.subscribedTopics
            $0.subscribedTopicRegex = member.pattern
            $0.assignment = describe(member.assigned)
            $0.targetAssignment = describe(target)
            $0.memberType = member.isClassic ? .classic : .consumer
        }
    }

    /// Topics that are gone have no name to show.
    private func describe(_ partitions: PartitionSet) -> ConsumerGroupDescribeResponse.Assignment {
        ConsumerGroupDescribeResponse.Assignment {
            $0.topicPartitions = partitions.topicPartitions.compactMap { topic in
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
}
