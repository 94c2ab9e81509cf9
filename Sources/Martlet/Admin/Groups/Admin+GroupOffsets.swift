internal import MartletCore
internal import MartletTransport
internal import MartletWire

extension Admin {
    /// The last version that names topics, as opposed to their ids: a topic may be gone, its offsets not.
    static let highestOffsetVersion: Int16 = 9

    /// The offsets that a group has stored.
    ///
    /// - Parameter partitions: Nil for all.
    public func groupOffsets(
        of group: GroupID, partitions: [TopicPartition]? = nil
    ) async throws(MartletError) -> [TopicPartition: GroupOffset] {
        let activity = "asking for the offsets of group \"\(group)\""
        let request = OffsetFetchExchange.request(group: group, partitions: partitions)
        let response = try await client.sendToCoordinator(
            of: group, request, doing: activity, atMostVersion: Self.highestOffsetVersion
        ) { OffsetFetchExchange.code(of: $0) }
        return try OffsetFetchExchange.offsets(in: response, doing: activity)
    }

    /// Stores offsets for a group that has no members, where it will go on.
    ///
    /// - Returns: For each partition whether it is stored.
    /// - Throws: What concerns all of them: `broker(.nonEmptyGroup)` while the group has members.
    public func alterGroupOffsets(
        of group: GroupID, _ offsets: [TopicPartition: GroupOffset]
    ) async throws(MartletError) -> [TopicPartition: Result<Void, MartletError>] {
        guard !offsets.isEmpty else { return [:] }
        let activity = "setting offsets of group \"\(group)\""
        let request = OffsetCommitExchange.request(group: group, offsets: offsets)
        let response = try await client.sendToCoordinator(
            of: group, request, doing: activity, atMostVersion: Self.highestOffsetVersion
        ) { OffsetCommitExchange.coordinatorCode(in: $0) }
        var results: [TopicPartition: Result<Void, MartletError>] = [:]
        for (partition, code) in OffsetCommitExchange.codes(in: response) {
            // A client that is no member may store offsets of an empty group alone; the broker's words for
            // that are those for a member that it does not know.
            if code == .unknownMemberID || code == .illegalGeneration || code == .staleMemberEpoch {
                throw .groupHasMembers(group, doing: activity)
            }
            results[partition] = Self.outcome(code, nil, doing: "\(activity) for \(partition)")
        }
        return results
    }

    /// Forgets stored offsets of topics that the group does not read at the moment.
    ///
    /// - Returns: For each partition whether it is forgotten.
    public func deleteGroupOffsets(
        of group: GroupID, _ partitions: [TopicPartition]
    ) async throws(MartletError) -> [TopicPartition: Result<Void, MartletError>] {
        guard !partitions.isEmpty else { return [:] }
        let activity = "forgetting offsets of group \"\(group)\""
        var request = OffsetDeleteRequest()
        request.group = group
        request.topics = Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }.map {
            topic, partitions in
            OffsetDeleteRequest.Topic { wire in
                wire.name = topic
                wire.partitions = partitions.sorted().map { partition in
                    OffsetDeleteRequest.Partition { $0.index = partition.partition }
                }
            }
        }
        let response = try await client.sendToCoordinator(of: group, request, doing: activity) {
            $0.errorCode
        }
        guard response.errorCode == .none else { throw .broker(response.errorCode, nil, doing: activity) }
        var results: [TopicPartition: Result<Void, MartletError>] = [:]
        for topic in response.topics {
            for answer in topic.partitions {
                let partition = TopicPartition(topic.name, answer.index)
                results[partition] = Self.outcome(
                    answer.errorCode, nil, doing: "forgetting the offset of \(partition)")
            }
        }
        return results
    }

    /// How far a group is behind in every partition that it has an offset of or a member for.
    ///
    /// - Parameter isolationLevel: With `readCommitted` up to the last stable offset.
    public func groupLag(
        of id: GroupID, isolationLevel: IsolationLevel = .readUncommitted
    ) async throws(MartletError) -> GroupLag {
        let group = try await describeGroup(id)
        let offsets = try await groupOffsets(of: id)
        var readers: [TopicPartition: GroupMember] = [:]
        for member in group.members {
            for partition in member.assignment { readers[partition] = member }
        }
        let partitions = Set(offsets.keys).union(readers.keys).sorted()
        let ends = try await offsetsOrNil(.end, of: partitions, isolationLevel)
        let beginnings = try await offsetsOrNil(.beginning, of: partitions, isolationLevel)
        return GroupLag(
            group: group,
            partitions: partitions.map { partition in
                PartitionLag(
                    partition: partition, committed: offsets[partition]?.offset,
                    beginning: beginnings[partition], end: ends[partition], member: readers[partition])
            })
    }

    /// Leaves out partitions that are gone, or that nobody can say anything about now.
    private func offsetsOrNil(
        _ query: OffsetQuery, of partitions: [TopicPartition], _ isolationLevel: IsolationLevel
    ) async throws(MartletError) -> [TopicPartition: Offset] {
        guard !partitions.isEmpty else { return [:] }
        var queries: [TopicPartition: OffsetQuery] = [:]
        for partition in partitions { queries[partition] = query }
        var offsets: [TopicPartition: Offset] = [:]
        for (partition, result) in try await listOffsets(queries, isolationLevel: isolationLevel) {
            if case .success(let listed) = result { offsets[partition] = listed.offset }
        }
        return offsets
    }
}

extension MartletError {
    static func groupHasMembers(_ group: GroupID, doing activity: String) -> MartletError {
        MartletError(
            .broker(.nonEmptyGroup),
            "\(activity): the group has members, which would overwrite it; stop its consumers first and wait"
                + " until `martlet group describe \(group)` shows it empty")
    }
}
