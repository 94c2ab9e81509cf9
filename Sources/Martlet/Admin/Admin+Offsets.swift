public import MartletCore
internal import MartletTransport
internal import MartletWire

extension Admin {
    /// Looks up offsets.
    ///
    /// - Parameter isolationLevel: With `readCommitted` the end is the last stable offset.
    /// - Returns: For each partition the offset; `unsupportedByBroker` if its leader is too old for what is
    ///   asked.
    public func listOffsets(
        _ queries: [TopicPartition: OffsetQuery], isolationLevel: IsolationLevel = .readUncommitted
    ) async throws(MartletError) -> [TopicPartition: Result<ListedOffset, MartletError>] {
        let lowest = queries.values.map(\.lowestVersion).max() ?? 0
        return try await client.findOffsets(
            queries.mapValues(\.wire), isolationLevel: isolationLevel, atLeastVersion: lowest
        ).mapValues { result in
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
        try Self.only(
            partition, in: await deleteRecords([partition: offset]), doing: "deleting records of \(partition)"
        )
    }

    /// Deletes all records of partitions before an offset; nil for all that are readable now.
    ///
    /// - Returns: For each partition its first offset from now on.
    public func deleteRecords(
        _ offsets: [TopicPartition: Offset?]
    ) async throws(MartletError) -> [TopicPartition: Result<Offset, MartletError>] {
        try await client.askLeaders(of: Set(offsets.keys)) { leader, partitions async throws(MartletError) in
            let request = DeleteRecordsRequest { request in
                request.timeoutMs = timeoutMs
                request.topics = partitions.byTopic.map { name, indices in
                    DeleteRecordsRequest.Topic { topic in
                        topic.name = name
                        topic.partitions = indices.map { index in
                            DeleteRecordsRequest.Partition { partition in
                                partition.index = index
                                partition.offset = (offsets[TopicPartition(name, index)] ?? nil) ?? .none
                            }
                        }
                    }
                }
            }
            let activity = "deleting records by broker \(leader)"
            let response = try await client.send(request, to: .broker(leader), doing: activity)
            var results: [TopicPartition: Result<Offset, MartletError>] = [:]
            for topic in response.topics {
                for answer in topic.partitions {
                    let partition = TopicPartition(topic.name, answer.index)
                    results[partition] = Self.outcome(
                        answer.errorCode, nil, doing: "deleting records of \(partition)"
                    ).map { answer.lowWatermark }
                }
            }
            return results
        }
    }
}
