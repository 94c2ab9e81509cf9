public import MartletCore
internal import MartletWire

extension Admin {
    /// A group of an application of Kafka Streams, its topology and its members (KIP-1071).
    ///
    /// - Throws: `broker(.groupIDNotFound)` if there is none of this name; `unsupportedByBroker` if the
    ///   broker
    ///   knows no such groups.
    public func describeStreamsGroup(
        _ id: GroupID
    ) async throws(MartletError) -> StreamsGroupDescription {
        let activity = "describing streams group \"\(id)\""
        let request = StreamsGroupDescribeRequest { $0.groups = [id] }
        let response = try await client.sendToCoordinator(of: id, request, doing: activity) { response in
            response.groups.first?.errorCode
        }
        guard let group = response.groups.first else { throw .leavesOut(activity) }
        try Self.outcome(group.errorCode, group.errorMessage, doing: activity).get()
        return StreamsGroupDescription(
            id: id, state: GroupState(rawValue: group.state), epoch: group.groupEpoch,
            assignmentEpoch: group.assignmentEpoch, topologyEpoch: group.topology?.epoch,
            subtopologies: (group.topology?.subtopologies ?? []).map { subtopology in
                StreamsSubtopology(
                    id: subtopology.subtopologyID, sourceTopics: subtopology.sourceTopics,
                    repartitionSinkTopics: subtopology.repartitionSinkTopics,
                    repartitionSourceTopics: subtopology.repartitionSourceTopics.map(\.name),
                    stateChangelogTopics: subtopology.stateChangelogTopics.map(\.name))
            }, coordinator: try await client.coordinator(of: id).id,
            members: group.members.map(StreamsGroupMember.init).sorted { $0.id.rawValue < $1.id.rawValue })
    }
}

extension StreamsGroupMember {
    fileprivate init(_ member: StreamsGroupDescribeResponse.Member) {
        id = member.id
        epoch = member.memberEpoch
        instance = member.instance
        rack = member.rack
        clientID = member.clientID
        clientHost = member.clientHost
        topologyEpoch = member.topologyEpoch
        processID = member.processID
        clientTags = Dictionary(member.clientTags.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        assignment = Tasks(member.assignment)
        targetAssignment = Tasks(member.targetAssignment)
        isClassic = member.isClassic
    }
}

extension StreamsGroupMember.Tasks {
    fileprivate init(_ assignment: StreamsGroupDescribeResponse.Assignment) {
        func byID(_ tasks: [StreamsGroup.TaskIDs]) -> [String: [PartitionIndex]] {
            Dictionary(tasks.map { ($0.subtopologyID, $0.partitions.sorted()) }, uniquingKeysWith: +)
        }
        active = byID(assignment.activeTasks)
        standby = byID(assignment.standbyTasks)
        warmup = byID(assignment.warmupTasks)
    }
}
