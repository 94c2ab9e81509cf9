public import MartletCore
public import MartletTransport

/// The controllers that keep a cluster's metadata, and those who follow them (KIP-595, KIP-836, KIP-853).
public struct MetadataQuorum: Hashable, Sendable {
    /// A controller that votes, or a broker that follows.
    public struct Replica: Hashable, Sendable {
        public var id: BrokerID
        /// Names the replica's disk; nil if the cluster is too old to say.
        public var directory: TopicID?
        /// Behind the last record that it has; nil if unknown.
        public var endOffset: Offset?
        /// When it last asked the leader for more; nil for the leader, and if unknown.
        public var lastFetch: Timestamp?
        /// When it last had all; nil if unknown.
        public var lastCaughtUp: Timestamp?
    }

    /// Nil while there is none.
    public var leader: BrokerID?
    public var leaderEpoch: LeaderEpoch
    /// Behind the last record that a majority has.
    public var highWatermark: Offset
    /// By id.
    public var voters: [Replica]
    /// By id.
    public var observers: [Replica]
    /// Where the controllers listen, by name of the listener; empty if the cluster is too old to say.
    public var listeners: [BrokerID: [String: BrokerAddress]]
}
