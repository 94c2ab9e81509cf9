internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// An OffsetFetch request about one group and its answer.
enum OffsetFetchExchange {
    /// - Parameter partitions: Nil for all that the group has offsets of.
    static func request(
        group: GroupID, member: MemberID? = nil, memberEpoch: MemberEpoch = MemberEpoch(rawValue: -1),
        partitions: [TopicPartition]?, requireStable: Bool = false
    ) -> OffsetFetchRequest {
        let topics = partitions.map { partitions in
            Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }.map { name, partitions in
                OffsetFetchRequest.Topic { topic in
                    topic.name = name
                    topic.partitions = partitions.map(\.partition).sorted()
                }
            }
        }
        // Versions up to 7 ask for one group, later ones for several.
        return OffsetFetchRequest { request in
            request.group = group
            request.topics = topics
            request.requireStable = requireStable
            request.groups = [
                OffsetFetchRequest.Group { wire in
                    wire.id = group
                    wire.member = member
                    wire.memberEpoch = memberEpoch
                    wire.topics = topics
                }
            ]
        }
    }

    /// What concerns the request as a whole.
    static func code(of response: OffsetFetchResponse) -> ErrorCode {
        response.groups.first?.errorCode ?? response.errorCode
    }

    /// What concerns the request as a whole, or says of a partition that a transaction is about to store its
    /// offset.
    static func coordinatorCode(of response: OffsetFetchResponse) -> ErrorCode {
        let code = code(of: response)
        guard code == .none else { return code }
        let partitions = (response.groups.first?.topics ?? response.topics).lazy.flatMap(\.partitions)
        return partitions.map(\.errorCode).first { $0.waitsForTransaction } ?? .none
    }

    /// The stored offsets; partitions without one are left out.
    static func offsets(
        in response: OffsetFetchResponse, doing activity: String
    ) throws(MartletError) -> [TopicPartition: GroupOffset] {
        let code = code(of: response)
        guard code == .none else { throw .broker(code, nil, doing: activity) }
        var offsets: [TopicPartition: GroupOffset] = [:]
        for topic in response.groups.first?.topics ?? response.topics {
            for answer in topic.partitions {
                let partition = TopicPartition(topic.name, answer.index)
                guard answer.errorCode == .none else {
                    // The offset of a topic that is gone is no offset.
                    if answer.errorCode == .unknownTopicOrPartition { continue }
                    throw .broker(answer.errorCode, nil, doing: "\(activity), \(partition)")
                }
                guard answer.offset >= 0 else { continue }
                offsets[partition] = GroupOffset(
                    answer.offset, leaderEpoch: answer.leaderEpoch, metadata: answer.metadata ?? "")
            }
        }
        return offsets
    }
}
