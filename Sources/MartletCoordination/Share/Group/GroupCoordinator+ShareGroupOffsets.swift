internal import MartletCore
package import MartletWire

/// How far share groups have come: administrators look at it, and change it while a group has no members.
extension GroupCoordinator {
    // MARK: Describe

    /// All groups of the request must be this coordinator's.
    package func describeShareGroupOffsets(_ request: DescribeShareGroupOffsetsRequest, _ call: Call) {
        describe(request.groups[...], call, DescribeShareGroupOffsetsResponse())
    }

    /// Describes one group after the other, and answers when there are no more.
    private func describe(
        _ groups: ArraySlice<DescribeShareGroupOffsetsRequest.Group>, _ call: Call,
        _ response: DescribeShareGroupOffsetsResponse
    ) {
        guard let wanted = groups.first else { return reply(call.ticket, response) }
        var description = DescribeShareGroupOffsetsResponse.Group { $0.id = wanted.id }
        var response = response
        let group: ShareGroup
        do throws(GroupRefusal) {
            group = try existingShareGroup(wanted.id)
        } catch {
            description.errorCode = error.code
            description.errorMessage = error.message
            response.groups.append(description)
            return describe(groups.dropFirst(), call, response)
        }
        let (topics, partitions) = offsetTopics(wanted, of: group)
        guard !partitions.isEmpty else {
            description.topics = topics
            response.groups.append(description)
            return describe(groups.dropFirst(), call, response)
        }
        let request = ShareStateRequest(group: wanted.id, operation: .readSummary, partitions: partitions)
        askShareState(request) { coordinator, outcomes, _ in
            description.topics = topics.map { Self.fill($0, outcomes) }
            response.groups.append(description)
            coordinator.describe(groups.dropFirst(), call, response)
        }
    }

    /// What was asked for, or all that has begun; and those partitions among it that there are.
    private func offsetTopics(
        _ wanted: DescribeShareGroupOffsetsRequest.Group, of group: ShareGroup
    ) -> ([DescribeShareGroupOffsetsResponse.Topic], [ShareStateRequest.Partition]) {
        let selection: [(TopicName, [PartitionIndex])] =
            wanted.topics?.map { ($0.name, $0.partitions) }
            ?? group.states.topics.values
            .filter { !$0.initialized.isEmpty }
            .map { ($0.name, $0.initialized.sorted()) }
            .sorted { $0.0 < $1.0 }
        var partitions: [ShareStateRequest.Partition] = []
        let answers = selection.map { name, indices in
            let topic = topics[name]
            return DescribeShareGroupOffsetsResponse.Topic {
                $0.name = name
                $0.id = topic?.id ?? .zero
                $0.partitions = indices.map { index in
                    var answer = DescribeShareGroupOffsetsResponse.Partition { $0.index = index }
                    answer.startOffset = .none
                    if let topic, index >= 0, index < topic.partitionCount {
                        partitions.append(ShareStateRequest.Partition(topic.id, index))
                    } else {
                        answer.errorCode = .unknownTopicOrPartition
                    }
                    return answer
                }
            }
        }
        return (answers, partitions)
    }

    private static func fill(
        _ topic: DescribeShareGroupOffsetsResponse.Topic, _ outcomes: [ShareStateOutcome]
    ) -> DescribeShareGroupOffsetsResponse.Topic {
        var topic = topic
        let known = Dictionary(
            outcomes.filter { $0.topic == topic.id }.map { ($0.index, $0) }, uniquingKeysWith: { $1 })
        for position in topic.partitions.indices where topic.partitions[position].errorCode == .none {
            guard let outcome = known[topic.partitions[position].index] else {
                topic.partitions[position].errorCode = .unknownServerError
                continue
            }
            topic.partitions[position].errorCode = outcome.errorCode
            topic.partitions[position].errorMessage = outcome.errorMessage
            topic.partitions[position].startOffset = outcome.startOffset
            topic.partitions[position].leaderEpoch = outcome.leaderEpoch
            topic.partitions[position].lag = outcome.lag
        }
        return topic
    }

    // MARK: Alter

    /// Sets where a group without members goes on. The states get a new epoch, so that a leader that still
    /// has the old ones in memory cannot write them back.
    package func alterShareGroupOffsets(_ request: AlterShareGroupOffsetsRequest, _ call: Call) {
        var response = AlterShareGroupOffsetsResponse()
        let group: ShareGroup
        do throws(GroupRefusal) {
            group = try emptyShareGroup(request.group)
        } catch {
            response.errorCode = error.code
            response.errorMessage = error.message
            return reply(call.ticket, response)
        }
        var states = group.states
        var partitions: [ShareStateRequest.Partition] = []
        response.topics = request.topics.map { topic in
            let known = topics[topic.name]
            return .init {
                $0.name = topic.name
                $0.id = known?.id ?? .zero
                $0.partitions = topic.partitions.map { partition in
                    let code = alterationRefusal(partition, known, group)
                    if code == .none, let known {
                        states.initialize(known, [partition.index])
                        partitions.append(
                            .init(known.id, partition.index, startOffset: partition.startOffset))
                    }
                    return .init {
                        $0.index = partition.index
                        $0.errorCode = code
                    }
                }
            }
        }
        guard !partitions.isEmpty else { return reply(call.ticket, response) }
        store(states, of: group)
        bumpShareEpoch(of: group, hash: group.metadataHash)
        let alteration = ShareStateRequest(
            group: group.id, operation: .initialize(stateEpoch: group.epoch.rawValue),
            partitions: partitions)
        askShareState(alteration) { [response] coordinator, outcomes, _ in
            if let group = coordinator.shareGroup(request.group) {
                coordinator.noteInitialized(outcomes, of: group)
                group.mayLackStates = true
            }
            coordinator.reply(call.ticket, Self.fill(response, outcomes))
        }
    }

    private func alterationRefusal(
        _ partition: AlterShareGroupOffsetsRequest.Partition, _ topic: TopicCatalogue.Topic?,
        _ group: ShareGroup
    ) -> ErrorCode {
        guard let topic, partition.index >= 0, partition.index < topic.partitionCount else {
            return .unknownTopicOrPartition
        }
        if partition.startOffset < .none { return .invalidRequest }
        // Its states are on their way out; it will do when they are gone.
        return group.states.topics[topic.id]?.isDeleting == true ? .coordinatorNotAvailable : .none
    }

    private static func fill(
        _ response: AlterShareGroupOffsetsResponse, _ outcomes: [ShareStateOutcome]
    ) -> AlterShareGroupOffsetsResponse {
        var response = response
        for topic in response.topics.indices {
            let id = response.topics[topic].id
            for position in response.topics[topic].partitions.indices {
                let index = response.topics[topic].partitions[position].index
                guard response.topics[topic].partitions[position].errorCode == .none,
                    let outcome = outcomes.first(where: { $0.topic == id && $0.index == index })
                else { continue }
                response.topics[topic].partitions[position].errorCode = outcome.errorCode
                response.topics[topic].partitions[position].errorMessage = outcome.errorMessage
            }
        }
        return response
    }

    func emptyShareGroup(_ id: GroupID) throws(GroupRefusal) -> ShareGroup {
        let group = try existingShareGroup(id)
        guard group.isEmpty else {
            throw GroupRefusal(.nonEmptyGroup, "Group \(id) has members; stop them first.")
        }
        return group
    }
}
