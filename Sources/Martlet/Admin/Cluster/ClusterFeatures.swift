/// What the brokers of a cluster could do together, and what they do (KIP-584).
public struct ClusterFeatures: Hashable, Sendable {
    /// Levels that are in force, by name of the feature, such as `metadata.version`.
    public var finalized: [String: ClosedRange<Int16>]
    /// Grows with each change of `finalized`; nil if unknown.
    public var finalizedEpoch: Int64?
    /// Levels that the broker asked could run with, by name of the feature.
    public var supported: [String: ClosedRange<Int16>]
}

/// A change of the level of a cluster's feature.
public struct FeatureUpdate: Hashable, Sendable {
    /// Which way a feature may move.
    public enum Direction: Sendable, CaseIterable {
        case upgrade
        /// Down, if that loses nothing.
        case safeDowngrade
        /// Down, even if that loses metadata.
        case unsafeDowngrade
    }

    /// The level to move to; 0 switches the feature off.
    public var level: Int16
    public var direction: Direction

    public init(level: Int16, direction: Direction = .upgrade) {
        self.level = level
        self.direction = direction
    }
}
