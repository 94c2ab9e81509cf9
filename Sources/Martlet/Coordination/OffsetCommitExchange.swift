internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// An OffsetCommit request and its answer.
enum OffsetCommitExchange {
    /// Who stores the offsets.
    struct Member: Hashable, Sendable {
        var id = MemberID()
        var instance: InstanceID?
        /// The generation, or the member epoch.
        var generation = GenerationID.none
    }

    static func request(
        group: GroupID, member: Member = Member(), offsets: [TopicPartition: GroupOffset]
    ) -> OffsetCommitRequest {
        var request = OffsetCommitRequest()
        request.group = group
        request.member = member.id
        request.instance = member.instance
        request.generation = member.generation
        request.topics = Dictionary(grouping: offsets, by: \.key.topic).sorted { $0.key < $1.key }.map {
            name, offsets in
            OffsetCommitRequest.Topic { topic in
                topic.name = name
                topic.partitions = offsets.sorted { $0.key < $1.key }.map { partition, stored in
                    OffsetCommitRequest.Partition { wire in
                        wire.index = partition.partition
                        wire.offset = stored.offset
                        wire.leaderEpoch = stored.leaderEpoch
                        wire.metadata = stored.metadata
                    }
                }
            }
        }
        return request
    }

    static func codes(in response: OffsetCommitResponse) -> [TopicPartition: ErrorCode] {
        var codes: [TopicPartition: ErrorCode] = [:]
        for topic in response.topics {
            for partition in topic.partitions {
                codes[TopicPartition(topic.name, partition.index)] = partition.errorCode
            }
        }
        return codes
    }

    /// What concerns the request as a whole stands at each partition.
    static func coordinatorCode(in response: OffsetCommitResponse) -> ErrorCode? {
        response.topics.lazy.flatMap(\.partitions).map(\.errorCode).first { $0.concernsCoordinator }
    }
}
