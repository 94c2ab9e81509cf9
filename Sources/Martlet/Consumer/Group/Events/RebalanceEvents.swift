internal import MartletCore
internal import NIOCore

extension GroupConsumer {
    /// What rebalances do to the member's partitions, from now on; first the partitions that it has already,
    /// if there are any, as `assigned`. Ends when the member has left.
    ///
    ///     for await event in consumer.events {
    ///         switch event {
    ///         case .assigned(let partitions): await cache.load(partitions)
    ///         case .revoking(let revocation): await cache.store(revocation.partitions)
    ///         case .revoked, .lost: break
    ///         }
    ///     }
    ///
    /// Asking for the next event says that the last one is dealt with: the partitions of a `revoking` stay
    /// until then. Run the loop in a task of its own, beside the one that polls. Every loop gets all events;
    /// where there is none, nothing is kept and nothing waited for.
    public var events: RebalanceEvents { RebalanceEvents(consumer: self) }
}

/// What rebalances do to the partitions of a member of a group.
public struct RebalanceEvents: AsyncSequence, Sendable {
    let consumer: GroupConsumer

    public func makeAsyncIterator() -> Iterator { Iterator(listener: consumer.announcer.listen()) }

    /// Hears of events from the moment it is made until it is gone.
    public struct Iterator: AsyncIteratorProtocol {
        let listener: RebalanceListener

        /// The next event; nil when the member has left, or the task is cancelled.
        public mutating func next() async -> RebalanceEvent? { await listener.next() }

        public mutating func next(isolation actor: isolated (any Actor)?) async -> RebalanceEvent? {
            await listener.next()
        }
    }
}
