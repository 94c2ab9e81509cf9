internal import MartletCoordination
internal import MartletCore
internal import MartletLog

/// The end of a transaction, as it is to be marked in a partition that took part.
struct TransactionEnd: Sendable {
    var producer: TransactionalProducer
    /// Whether the epoch is newer than that of the transaction's records (KIP-890).
    var isEpochBumped: Bool
    var isCommit: Bool
    /// Of the coordinator that decided.
    var coordinatorEpoch: Int32
}

/// Why a transaction could not be marked as ended.
struct MarkerError: Error {
    let code: ErrorCode
}

extension Shard {
    /// Marks the end of a transaction in a partition of this shard. `completion` is called once, on this
    /// loop: when the mark is durable, and so readers see it, or cannot be set.
    func endTransaction(
        _ end: TransactionEnd, in topic: TopicID, _ index: PartitionIndex,
        _ completion: @escaping (ErrorCode) -> Void
    ) {
        guard let partition = partitions[topic, index] else {
            return completion(image[topic] == nil ? .unknownTopicOrPartition : .kafkaStorageError)
        }
        let result: Result<AppendResult, MarkerError>
        if partition.id.topic == InternalTopic.consumerOffsets.name {
            guard let groups = coordination.groups.find(index, on: self) else {
                return completion(.notLeaderOrFollower)
            }
            result = groups.endTransaction(end)
        } else {
            result = partition.endTransaction(end)
        }
        switch result {
        case .success(let appended): partition.whenCommitted(appended.nextOffset, completion)
        case .failure(let error): completion(error.code)
        }
    }
}

extension Partition {
    /// Appends the mark that ends the transaction of a producer. It counts when it is durable.
    func endTransaction(_ end: TransactionEnd) -> Result<AppendResult, MarkerError> {
        guard !isClosed else { return .failure(MarkerError(code: .notLeaderOrFollower)) }
        do throws(LogError) {
            let marker = TransactionMarker(
                isCommit: end.isCommit, coordinatorEpoch: end.coordinatorEpoch)
            let result = try log.appendMarker(
                marker, of: end.producer.id, epoch: end.producer.epoch, isEpochBumped: end.isEpochBumped,
                leaderEpoch: leaderEpoch, now: shard.environment.clock())
            afterAppend()
            return .success(result)
        } catch {
            failProducersIfOffline()
            shard.note(error)
            return .failure(MarkerError(code: error.errorCode))
        }
    }
}
