public import MartletCore
internal import Synchronization

/// One partition after the other, whatever the key: the same number of records for each.
///
/// Batches fill slowly that way; without need for an even count the sticky choice does with fewer requests.
/// A partition whose leader is not known or cannot be reached is passed over.
public struct RoundRobinPartitioner: Partitioner {
    /// Shared by the copies of the value, so that these take turns.
    private final class Turns: Sendable {
        let next = Mutex<[TopicName: UInt32]>([:])
    }

    private let turns = Turns()

    public init() {}

    public func partition(topic: TopicName, key: Bytes?, partitionCount: Int32) -> PartitionIndex? {
        turns.next.withLock { next in
            // Services that start together begin at different places.
            let turn = next[topic] ?? UInt32.random(in: 0..<UInt32(partitionCount))
            next[topic] = turn &+ 1
            return Int32(turn % UInt32(partitionCount))
        }
    }
}
