internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// The stored state of a share partition, or why there is none.
typealias StoredShareState = Result<ReadShareGroupStateResponse.Partition, CoordinatorUnavailable>

/// What share partitions ask for. Completions are called once, on any loop.
extension ShareStateAccess {
    /// Reads what was stored last. Leaders of an older epoch are fenced from then on.
    func read(
        _ key: SharePartitionKey, _ leaderEpoch: LeaderEpoch, from shard: Shard,
        _ completion: @escaping @Sendable (StoredShareState) -> Void
    ) {
        var partition = ReadShareGroupStateRequest.Partition()
        partition.index = key.index
        partition.leaderEpoch = leaderEpoch
        var topic = ReadShareGroupStateRequest.Topic()
        topic.id = key.topic
        topic.partitions = [partition]
        var request = ReadShareGroupStateRequest()
        request.group = key.group
        request.topics = [topic]
        let wanted = request
        submit(to: { key.coordinatorPartition(count: $0) }, .broker, from: shard) { coordinator, call in
            coordinator.readShareGroupState(wanted, call)
        } _: { answer in
            let failure = CoordinatorUnavailable(code: .unknownServerError)
            let read = answer.flatMap { response -> StoredShareState in
                guard let stored = (response as? ReadShareGroupStateResponse)?.topics.first?.partitions.first
                else { return .failure(failure) }
                guard stored.errorCode == .none else {
                    return .failure(CoordinatorUnavailable(code: stored.errorCode))
                }
                return .success(stored)
            }
            completion(read)
        }
    }

    /// Stores a change; it is durable when `completion` gets no error.
    func write(
        _ key: SharePartitionKey, _ change: WriteShareGroupStateRequest.Partition, from shard: Shard,
        _ completion: @escaping @Sendable (ErrorCode) -> Void
    ) {
        var topic = WriteShareGroupStateRequest.Topic()
        topic.id = key.topic
        topic.partitions = [change]
        var request = WriteShareGroupStateRequest()
        request.group = key.group
        request.topics = [topic]
        let wanted = request
        submit(to: { key.coordinatorPartition(count: $0) }, .broker, from: shard) { coordinator, call in
            coordinator.writeShareGroupState(wanted, call)
        } _: { answer in
            switch answer {
            case .failure(let unavailable): completion(unavailable.code)
            case .success(let response):
                let stored = (response as? WriteShareGroupStateResponse)?.topics.first?.partitions.first
                completion(stored?.errorCode ?? .unknownServerError)
            }
        }
    }
}
