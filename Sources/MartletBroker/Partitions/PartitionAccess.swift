internal import MartletCore
internal import MartletLog

/// Reaches partitions from the control plane: finds the owner, asks there, and looks into logs on a thread.
struct PartitionAccess: Sendable {
    let controller: Controller
    let router: ShardRouter
    let disk: DiskPool
    let storage: BrokerStorage

    /// A partition at one moment.
    struct View: Sendable {
        let offsets: LogOffsets
        let leaderEpoch: LeaderEpoch
        /// That of the first record.
        let startEpoch: LeaderEpoch
        let snapshot: LogSnapshot
    }

    func view(
        of topic: TopicName, _ index: PartitionIndex, _ currentLeaderEpoch: LeaderEpoch
    ) async throws(RequestError) -> View {
        try await ask(topic, index, currentLeaderEpoch) { partition in
            View(
                offsets: partition.offsets, leaderEpoch: partition.leaderEpoch,
                startEpoch: partition.startEpoch, snapshot: partition.snapshot()
            )
        }
    }

    /// Asks the partition on its owner's loop.
    func ask<Answer: Sendable>(
        _ topic: TopicName, _ index: PartitionIndex, _ currentLeaderEpoch: LeaderEpoch,
        _ question: @escaping @Sendable (Partition) -> Answer
    ) async throws(RequestError) -> Answer {
        guard let described = await controller.image.topics[topic],
            described.partitions.indices.contains(Int(index))
        else { throw .unknownTopic(topic) }
        let id = described.id
        let answer = await router[router.owner(of: id, index)].run { shard -> Result<Answer, RequestError> in
            guard let partition = shard.partitions[id, index] else {
                return .failure(RequestError(.kafkaStorageError))
            }
            if let code = partition.check(currentLeaderEpoch) { return .failure(RequestError(code)) }
            return .success(question(partition))
        }
        return try answer.get()
    }

    /// Gives up the records below `offset`, or below the high watermark for -1; returns the first offset that
    /// is left, when a crash would not bring the others back.
    func deleteRecords(
        of topic: TopicName, _ index: PartitionIndex, before offset: Offset
    ) async throws(RequestError) -> Offset {
        typealias Answer = Result<BrokerStorage.Checkpoint, RequestError>
        let start = try await ask(topic, index, .none) { partition -> Answer in
            guard partition.configuration.retention.isEnabled else {
                return .failure(
                    RequestError(.policyViolation, "The topic's cleanup.policy does not allow deleting."))
            }
            do throws(LogError) {
                let start = try partition.deleteRecords(
                    before: offset == .none ? partition.offsets.highWatermark : offset)
                return .success(
                    BrokerStorage.Checkpoint(id: partition.id, topicID: partition.topicID, offset: start))
            } catch {
                return .failure(RequestError(error.errorCode, "\(error)"))
            }
        }.get()
        do {
            let storage = storage
            try await disk.run { try storage.noteLogStarts([start]) }
        } catch {
            throw RequestError(.kafkaStorageError, "\(error)")
        }
        return start.offset
    }

    /// Looks into a log on a thread.
    func look<Answer: Sendable>(
        _ snapshot: LogSnapshot, _ question: @escaping @Sendable (LogSnapshot) throws(LogError) -> Answer
    ) async throws(RequestError) -> Answer {
        do {
            return try await disk.run { try question(snapshot) }
        } catch let error as LogError {
            throw RequestError(error.errorCode, "\(error)")
        } catch {
            throw RequestError(.unknownServerError, "\(error)")
        }
    }
}
