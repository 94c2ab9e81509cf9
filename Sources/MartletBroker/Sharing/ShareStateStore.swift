internal import MartletCore
internal import MartletWire

/// Where the state of share partitions is kept. `completion` is called once, on any loop.
protocol ShareStateStore: Sendable {
    typealias Read = Result<ReadShareGroupStateResponse.Partition, CoordinatorUnavailable>

    /// Reads what was stored last.
    func read(
        _ key: SharePartitionKey, _ leaderEpoch: LeaderEpoch, from shard: Shard,
        _ completion: @escaping @Sendable (Read) -> Void)

    /// Stores a change; it is durable when `completion` gets no error.
    func write(
        _ key: SharePartitionKey, _ change: WriteShareGroupStateRequest.Partition, from shard: Shard,
        _ completion: @escaping @Sendable (ErrorCode) -> Void)
}
