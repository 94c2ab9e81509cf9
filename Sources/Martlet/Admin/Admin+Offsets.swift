public import MartletCore
internal import MartletTransport
internal import MartletWire

/// Which offset to look for.
public enum OffsetQuery: Hashable, Sendable {
    /// The first that the partition still has.
    case beginning
    /// Behind the last.
    case end
    /// Of the record with the latest time.
    case maximumTimestamp
    /// Of the first record of this time or later.
    case timestamp(Timestamp)

    fileprivate var wire: Int64 {
        switch self {
        case .beginning: ListOffsetsRequest.earliest
        case .end: ListOffsetsRequest.latest
        case .maximumTimestamp: ListOffsetsRequest.maxTimestamp
        case .timestamp(let time): max(time.rawValue, 0)
        }
    }
}

/// An offset that was looked for.
public struct ListedOffset: Hashable, Sendable {
    /// Nil if there is no such record.
    public var offset: Offset?
    /// The record's time, where one was found by time.
    public var timestamp: Timestamp?
    /// The epoch of the leader that wrote it, if known.
    public var leaderEpoch: LeaderEpoch
}

extension Admin {
    /// Looks up offsets.
    ///
    /// - Parameter isolationLevel: With `readCommitted` the end is the last stable offset.
    public func listOffsets(
        _ queries: [TopicPartition: OffsetQuery], isolationLevel: IsolationLevel = .readUncommitted
    ) async throws(MartletError) -> [TopicPartition: Result<ListedOffset, MartletError>] {
        try await client.findOffsets(queries.mapValues(\.wire), isolationLevel: isolationLevel)
            .mapValues { result in
                result.map { found in
                    ListedOffset(
                        offset: found.offset, timestamp: found.timestamp, leaderEpoch: found.leaderEpoch)
                }
            }
    }

    /// Looks up one offset.
    public func offset(
        of partition: TopicPartition, _ query: OffsetQuery
    ) async throws(MartletError) -> ListedOffset {
        try Self.only(
            partition, in: await listOffsets([partition: query]),
            doing: "asking for an offset of \(partition)")
    }

    /// Deletes all records of a partition before an offset; nil for all that are readable now.
    ///
    /// - Returns: The partition's first offset from now on.
    @discardableResult
    public func deleteRecords(
        of partition: TopicPartition, before offset: Offset?
    ) async throws(MartletError) -> Offset {
        var request = DeleteRecordsRequest()
        request.timeoutMs = timeoutMs
        var topic = DeleteRecordsRequest.Topic()
        topic.name = partition.topic
        var part = DeleteRecordsRequest.Partition()
        part.index = partition.partition
        part.offset = offset ?? .none
        topic.partitions = [part]
        request.topics = [topic]
        let activity = "deleting records of \(partition)"
        let leader = try await client.leader(of: partition)
        let response = try await client.send(request, to: .broker(leader), doing: activity)
        guard let answer = response.topics.first?.partitions.first else {
            throw MartletError(.protocolViolation, "\(activity): the broker's answer leaves it out")
        }
        guard answer.errorCode == .none else { throw .broker(answer.errorCode, nil, doing: activity) }
        return answer.lowWatermark
    }
}
