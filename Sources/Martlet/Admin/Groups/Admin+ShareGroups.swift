internal import MartletCore
internal import MartletTransport
internal import MartletWire

extension Admin {
    /// How far a share group has got.
    ///
    /// - Parameter partitions: Nil for all that it has begun with.
    public func shareGroupOffsets(
        of group: GroupID, partitions: [TopicPartition]? = nil
    ) async throws(MartletError) -> [TopicPartition: Result<ShareGroupOffset, MartletError>] {
        let activity = "asking how far share group \"\(group)\" has got"
        var wanted = DescribeShareGroupOffsetsRequest.Group()
        wanted.id = group
        wanted.topics = partitions.map { partitions in
            Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }.map { name, partitions in
                DescribeShareGroupOffsetsRequest.Topic { topic in
                    topic.name = name
                    topic.partitions = partitions.map(\.partition).sorted()
                }
            }
        }
        var request = DescribeShareGroupOffsetsRequest()
        request.groups = [wanted]
        let response = try await client.sendToCoordinator(of: group, request, doing: activity) { response in
            response.groups.first?.errorCode
        }
        guard let answer = response.groups.first else {
            throw .leavesOut(activity)
        }
        guard answer.errorCode == .none else {
            throw .broker(answer.errorCode, answer.errorMessage, doing: activity)
        }
        var results: [TopicPartition: Result<ShareGroupOffset, MartletError>] = [:]
        for topic in answer.topics {
            for wire in topic.partitions {
                let partition = TopicPartition(topic.name, wire.index)
                results[partition] = Self.outcome(
                    wire.errorCode, wire.errorMessage, doing: "\(activity) in \(partition)"
                ).map {
                    ShareGroupOffset(
                        startOffset: wire.startOffset >= 0 ? wire.startOffset : nil,
                        leaderEpoch: wire.leaderEpoch, lag: wire.lag >= 0 ? wire.lag : nil)
                }
            }
        }
        return results
    }

    /// Sets where a share group without members goes on. Everything before is taken as done.
    public func alterShareGroupOffsets(
        of group: GroupID, _ offsets: [TopicPartition: Offset]
    ) async throws(MartletError) -> [TopicPartition: Result<Void, MartletError>] {
        guard !offsets.isEmpty else { return [:] }
        let activity = "setting offsets of share group \"\(group)\""
        var request = AlterShareGroupOffsetsRequest()
        request.group = group
        request.topics = Dictionary(grouping: offsets, by: \.key.topic).sorted { $0.key < $1.key }.map {
            name, offsets in
            AlterShareGroupOffsetsRequest.Topic { topic in
                topic.name = name
                topic.partitions = offsets.sorted { $0.key < $1.key }.map { partition, offset in
                    AlterShareGroupOffsetsRequest.Partition { wire in
                        wire.index = partition.partition
                        wire.startOffset = offset
                    }
                }
            }
        }
        let response = try await client.sendToCoordinator(of: group, request, doing: activity) {
            $0.errorCode
        }
        try Self.demand(response.errorCode, response.errorMessage, of: group, doing: activity)
        var results: [TopicPartition: Result<Void, MartletError>] = [:]
        for topic in response.topics {
            for wire in topic.partitions {
                let partition = TopicPartition(topic.name, wire.index)
                results[partition] = Self.outcome(
                    wire.errorCode, wire.errorMessage, doing: "\(activity) for \(partition)")
            }
        }
        return results
    }

    /// Forgets how far a share group has got in topics that it does not read at the moment.
    public func deleteShareGroupOffsets(
        of group: GroupID, topics: [TopicName]
    ) async throws(MartletError) -> [TopicName: Result<Void, MartletError>] {
        guard !topics.isEmpty else { return [:] }
        let activity = "forgetting offsets of share group \"\(group)\""
        var request = DeleteShareGroupOffsetsRequest()
        request.group = group
        request.topics = topics.map { name in DeleteShareGroupOffsetsRequest.Topic { $0.name = name } }
        let response = try await client.sendToCoordinator(of: group, request, doing: activity) {
            $0.errorCode
        }
        try Self.demand(response.errorCode, response.errorMessage, of: group, doing: activity)
        var results: [TopicName: Result<Void, MartletError>] = [:]
        for topic in response.topics {
            results[topic.name] = Self.outcome(
                topic.errorCode, topic.errorMessage, doing: "\(activity) for topic \"\(topic.name)\"")
        }
        return results
    }

    private static func demand(
        _ code: ErrorCode, _ message: String?, of group: GroupID, doing activity: String
    ) throws(MartletError) {
        if code == .nonEmptyGroup { throw .groupHasMembers(group, doing: activity) }
        guard code == .none else { throw .broker(code, message, doing: activity) }
    }
}
