public import MartletCore
internal import Synchronization

/// Which partitions the member has, and where it stands in them. Answered from what the member knows, without
/// a request.
extension GroupConsumer {
    /// The partitions that the member has now, in order.
    public var assignment: [TopicPartition] { state.withLock { $0.ownership.partitions.sorted() } }

    /// What the coordinator calls this member; empty before it has begun to join.
    public var memberID: MemberID { state.withLock { $0.identity.id } }

    /// Next offset to be handed out; nil if the member does not have the partition.
    public func position(of partition: TopicPartition) -> Offset? { reader.position(of: partition) }

    /// Behind the last record that could be read at the last fetch; nil before the first.
    public func highWatermark(of partition: TopicPartition) -> Offset? {
        reader.highWatermark(of: partition)
    }

    /// Offsets of a partition that are yet to be handed out, as of the last fetch; nil before the first, or
    /// if the member does not have the partition. Readers of committed records count up to the last stable
    /// offset.
    public func lag(of partition: TopicPartition) -> Int64? { reader.lag(of: partition) }

    /// Offsets of all the member's partitions that are yet to be handed out, as far as is known.
    public var lag: Int64 { reader.lag }

    // MARK: Going elsewhere

    /// Goes on elsewhere in a partition that the member has. What was handed out of it before no longer
    /// counts. Does nothing if the member does not have the partition.
    public func seek(_ partition: TopicPartition, to offset: Offset) {
        let isOurs = state.withLock { state in
            guard state.ownership.partitions.contains(partition) else { return false }
            state.ownership.seek(partition, to: offset)
            if state.cursor?.partition == partition { state.cursor = nil }
            return true
        }
        if isOurs { reader.seek(partition, to: .offset(offset)) }
    }

    /// Goes on elsewhere in partitions that the member has: at the beginning, at the end, at a time, or with
    /// the last so many records. Looks the offsets up first.
    ///
    /// - Returns: Where each partition goes on. Partitions that the member does not have (any more) are left
    ///   out.
    /// - Throws: If no broker says in time which offsets these are. No partition has moved then.
    @discardableResult
    public func seek(
        _ positions: [TopicPartition: StartPosition]
    ) async throws(MartletError) -> [TopicPartition: Offset] {
        let owned = state.withLock { $0.ownership.partitions }
        let offsets = try await reader.resolver.offsets(of: positions.filter { owned.contains($0.key) })
        let stillOwned = state.withLock { $0.ownership.partitions }
        let targets = offsets.filter { stillOwned.contains($0.key) }
        for (partition, offset) in targets { seek(partition, to: offset) }
        return targets
    }

    /// Hands out and fetches nothing more of a partition, until `resume`. What was fetched already is kept
    /// for then. The member keeps the partition; when it comes back after a rebalance, it is no longer
    /// paused.
    public func pause(_ partition: TopicPartition) { reader.pause(partition) }

    /// Goes on with a paused partition.
    public func resume(_ partition: TopicPartition) { reader.resume(partition) }

    // MARK: Changing the group's mind

    /// What the member reads now.
    public var subscription: Subscription { state.withLock { $0.subscription } }

    /// Reads something else from now on. Partitions that no longer belong to it are given up by a rebalance;
    /// those that do stay.
    ///
    /// - Throws: `invalidConfiguration` if the subscription is empty or names what cannot be a topic.
    public func subscribe(to subscription: Subscription) throws(MartletError) {
        try subscription.validate()
        state.withLock { $0.subscription = subscription }
        wakeup.signal()
    }

    /// Has the group divide its partitions anew, for instance because the assignor would decide otherwise
    /// now.
    ///
    /// In a classic group the member joins again soon, and all others with it. With the consumer protocol the
    /// broker divides when something has changed and cannot be asked to, so this does nothing.
    public func enforceRebalance() {
        state.withLock { $0.wantsRebalance = true }
        wakeup.signal()
    }
}
