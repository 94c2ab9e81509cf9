public import MartletCore

/// A partition that is on the move to other brokers (KIP-455).
public struct PartitionReassignment: Hashable, Sendable {
    /// All brokers that have a copy or are getting one.
    public var replicas: [BrokerID]
    public var adding: [BrokerID]
    public var removing: [BrokerID]
}

/// How a new leader is chosen.
public enum LeaderElection: Sendable, CaseIterable {
    /// The first of the replicas, if it is in sync (KIP-183).
    case preferred
    /// Any living replica if none is in sync; records that it lacks are lost (KIP-460).
    case unclean
}
