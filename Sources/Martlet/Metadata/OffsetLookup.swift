internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// An answer to "which offset": the offset, and the record's time where one was found by time.
struct FoundOffset: Hashable, Sendable {
    /// Nil if no record is that late.
    var offset: Offset?
    var timestamp: Timestamp?
    var leaderEpoch: LeaderEpoch
}

extension MartletClient {
    typealias OffsetResult = Result<FoundOffset, MartletError>

    /// Asks the leaders for offsets.
    ///
    /// - Parameters:
    ///   - wanted: For each partition a time, or one of the special values of `ListOffsetsRequest`.
    ///   - lowest: First version of ListOffsets that knows these values.
    func findOffsets(
        _ wanted: [TopicPartition: Int64], isolationLevel: IsolationLevel, atLeastVersion lowest: Int16 = 0,
        pool: ConnectionPool? = nil
    ) async throws(MartletError) -> [TopicPartition: OffsetResult] {
        let pool = pool ?? self.pool
        return try await askLeaders(of: Set(wanted.keys)) { leader, partitions async throws(MartletError) in
            var part: [TopicPartition: Int64] = [:]
            for partition in partitions { part[partition] = wanted[partition] }
            return try await ask(leader, for: part, isolationLevel, lowest, pool)
        }
    }

    private func ask(
        _ leader: BrokerID, for wanted: [TopicPartition: Int64], _ isolationLevel: IsolationLevel,
        _ lowest: Int16, _ pool: ConnectionPool
    ) async throws(MartletError) -> [TopicPartition: OffsetResult] {
        let metadata = metadata
        var request = ListOffsetsRequest()
        request.isolationLevel = MartletWire.IsolationLevel(rawValue: isolationLevel.rawValue)
        request.timeoutMs = Int32(clamping: configuration.requestTimeout.components.seconds * 1000)
        for (topic, partitions) in Dictionary(grouping: wanted, by: \.key.topic) {
            var wireTopic = ListOffsetsRequest.Topic()
            wireTopic.name = topic
            wireTopic.partitions = partitions.map { partition, timestamp in
                var wirePartition = ListOffsetsRequest.Partition()
                wirePartition.index = partition.partition
                wirePartition.currentLeaderEpoch = metadata.leaderEpoch(of: partition)
                wirePartition.timestamp = timestamp
                return wirePartition
            }
            request.topics.append(wireTopic)
        }
        let connection = try await connection(to: .broker(leader), in: pool)
        let response: ListOffsetsResponse
        do throws(TransportError) {
            guard try connection.version(of: ListOffsetsRequest.self) >= lowest else {
                throw .unsupportedVersion(
                    api: .listOffsets, ours: lowest...ListOffsetsRequest.versions.upperBound,
                    broker: connection.brokerVersions[.listOffsets])
            }
            response = try await connection.send(request, timeout: configuration.requestTimeout)
        } catch {
            throw MartletError(error, doing: "asking broker \(leader) for offsets")
        }
        var results: [TopicPartition: OffsetResult] = [:]
        for topic in response.topics {
            for answer in topic.partitions {
                let partition = TopicPartition(topic.name, answer.index)
                guard answer.errorCode == .none else {
                    results[partition] = .failure(
                        .broker(answer.errorCode, nil, doing: "asking for an offset of \(partition)"))
                    continue
                }
                results[partition] = .success(
                    FoundOffset(
                        offset: answer.offset >= 0 ? answer.offset : nil,
                        timestamp: answer.timestamp >= 0 ? Timestamp(rawValue: answer.timestamp) : nil,
                        leaderEpoch: answer.leaderEpoch))
            }
        }
        return results
    }
}
