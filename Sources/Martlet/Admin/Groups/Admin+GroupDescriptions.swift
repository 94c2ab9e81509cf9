internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// The three requests by which groups are described; each gives nil for a group of another type.
extension Admin {
    func describeModern(
        _ id: GroupID, _ includesAuthorizedOperations: Bool
    ) async throws(MartletError) -> GroupDescription? {
        let activity = "describing group \"\(id)\""
        var request = ConsumerGroupDescribeRequest()
        request.groups = [id]
        request.includeAuthorizedOperations = includesAuthorizedOperations
        let response = try await askIfServed(about: id, request, doing: activity) { response in
            response.groups.first?.errorCode
        }
        guard let group = response?.groups.first, !Self.isOfAnotherType(group.errorCode) else { return nil }
        guard group.errorCode == .none else {
            throw .broker(group.errorCode, group.errorMessage, doing: activity)
        }
        return GroupDescription(
            id: id, type: .consumer, state: GroupState(rawValue: group.state), protocolType: "consumer",
            assignor: group.assignor, epoch: group.groupEpoch, assignmentEpoch: group.assignmentEpoch,
            coordinator: try await client.coordinator(of: id).id,
            members: group.members.map(GroupMember.init).sorted { $0.sortKey < $1.sortKey },
            authorizedOperations: Set(group.authorizedOperations))
    }

    func describeShare(
        _ id: GroupID, _ includesAuthorizedOperations: Bool
    ) async throws(MartletError) -> GroupDescription? {
        let activity = "describing group \"\(id)\""
        var request = ShareGroupDescribeRequest()
        request.groups = [id]
        request.includeAuthorizedOperations = includesAuthorizedOperations
        let response = try await askIfServed(about: id, request, doing: activity) { response in
            response.groups.first?.errorCode
        }
        guard let group = response?.groups.first, !Self.isOfAnotherType(group.errorCode) else { return nil }
        guard group.errorCode == .none else {
            throw .broker(group.errorCode, group.errorMessage, doing: activity)
        }
        return GroupDescription(
            id: id, type: .share, state: GroupState(rawValue: group.state), protocolType: "share",
            assignor: group.assignor, epoch: group.groupEpoch, assignmentEpoch: group.assignmentEpoch,
            coordinator: try await client.coordinator(of: id).id,
            members: group.members.map(GroupMember.init).sorted { $0.sortKey < $1.sortKey },
            authorizedOperations: Set(group.authorizedOperations))
    }

    func describeClassic(
        _ id: GroupID, _ includesAuthorizedOperations: Bool
    ) async throws(MartletError) -> GroupDescription {
        let activity = "describing group \"\(id)\""
        var request = DescribeGroupsRequest()
        request.groups = [id]
        request.includeAuthorizedOperations = includesAuthorizedOperations
        let response = try await client.sendToCoordinator(of: id, request, doing: activity) { response in
            response.groups.first?.errorCode
        }
        guard let group = response.groups.first else {
            throw .leavesOut(activity)
        }
        // Before version 6 a group that does not exist is called dead.
        guard group.errorCode == .none, group.state != GroupState.dead.rawValue else {
            let code = group.errorCode == .none ? .groupIDNotFound : group.errorCode
            throw .broker(code, group.errorMessage, doing: activity)
        }
        let isConsumer = group.protocolType == consumerProtocolType || group.protocolType.isEmpty
        return GroupDescription(
            id: id, type: .classic, state: GroupState(rawValue: group.state),
            protocolType: group.protocolType, assignor: group.protocolName,
            coordinator: try await client.coordinator(of: id).id,
            members: group.members.map { GroupMember($0, isConsumer: isConsumer) }
                .sorted { $0.sortKey < $1.sortKey },
            authorizedOperations: Set(group.authorizedOperations))
    }
}

extension GroupMember {
    /// Members of one client stand together.
    fileprivate var sortKey: (String, String) { (clientID, id.rawValue) }

    fileprivate init(_ member: ConsumerGroupDescribeResponse.Member) {
        id = member.id
        instance = member.instance
        rack = member.rack
        clientID = member.clientID
        clientHost = member.clientHost
        epoch = member.memberEpoch
        subscribedTopics = member.subscribedTopics
        subscribedPattern = member.subscribedTopicRegex.flatMap { $0.isEmpty ? nil : $0 }
        assignment = Self.partitions(member.assignment)
        targetAssignment = Self.partitions(member.targetAssignment)
        isClassic = member.memberType == .classic
    }

    fileprivate init(_ member: ShareGroupDescribeResponse.Member) {
        id = member.id
        rack = member.rack
        clientID = member.clientID
        clientHost = member.clientHost
        epoch = member.memberEpoch
        subscribedTopics = member.subscribedTopics
        assignment = member.assignment.topicPartitions.flatMap { topic in
            topic.partitions.map { TopicPartition(topic.name, $0) }
        }.sorted()
        isClassic = false
    }

    /// - Parameter isConsumer: Whether the member's own bytes are of the form that consumers agreed on.
    ///   Those of others are not ours to read.
    fileprivate init(_ member: DescribeGroupsResponse.Member, isConsumer: Bool) {
        id = member.id
        instance = member.instance
        clientID = member.clientID
        clientHost = member.clientHost
        let subscription = isConsumer ? try? ConsumerProtocolSubscription(prefixed: member.metadata) : nil
        let assigned = isConsumer ? try? ConsumerProtocolAssignment(prefixed: member.assignment) : nil
        subscribedTopics = subscription?.topics.sorted() ?? []
        rack = subscription?.rack
        assignment = (assigned?.partitions ?? []).flatMap { topic in
            topic.partitions.map { TopicPartition(topic.topic, $0) }
        }.sorted()
        isClassic = true
    }

    private static func partitions(
        _ assignment: ConsumerGroupDescribeResponse.Assignment
    ) -> [TopicPartition] {
        assignment.topicPartitions.flatMap { topic in
            topic.partitions.map { TopicPartition(topic.name, $0) }
        }.sorted()
    }
}
