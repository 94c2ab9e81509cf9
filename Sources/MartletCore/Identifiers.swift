/// A name or number of the protocol with a type of its own, so that a group id cannot pass for a member id.
public protocol Identifier: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    init(rawValue: RawValue)
}

extension Identifier {
    public var description: String { "\(rawValue)" }
}

/// An identifier that is text on the wire.
public protocol StringIdentifier: Identifier, ExpressibleByStringLiteral where RawValue == String {}

extension StringIdentifier {
    public init(stringLiteral value: String) {
        self.init(rawValue: value)
    }

    public init(_ value: some StringProtocol) {
        self.init(rawValue: String(value))
    }
}

/// Names a consumer group.
public struct GroupID: StringIdentifier {
    public let rawValue: String
    public init(rawValue: String = "") { self.rawValue = rawValue }
}

/// Names one member of a group, for as long as it stays.
public struct MemberID: StringIdentifier {
    public let rawValue: String
    public init(rawValue: String = "") { self.rawValue = rawValue }
}

/// Names a static member of a group, across its restarts (KIP-345).
public struct InstanceID: StringIdentifier {
    public let rawValue: String
    public init(rawValue: String = "") { self.rawValue = rawValue }
}

/// Names a transactional producer, across its restarts.
public struct TransactionalID: StringIdentifier {
    public let rawValue: String
    public init(rawValue: String = "") { self.rawValue = rawValue }
}

/// Numbers the generations of a group's membership; a member that speaks for an old one is fenced.
public struct GenerationID: Identifier, Comparable {
    public let rawValue: Int32
    public init(rawValue: Int32 = -1) { self.rawValue = rawValue }
    /// Not part of any generation.
    public static let none = GenerationID(rawValue: -1)
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// Numbers a broker in its cluster.
public struct BrokerID: Identifier, Comparable {
    public let rawValue: Int32
    public init(rawValue: Int32 = -1) { self.rawValue = rawValue }
    /// No broker: an unknown leader, or a consumer where a follower's id could stand.
    public static let none = BrokerID(rawValue: -1)
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// Numbers the leaders that a partition has had; followers and clients tell stale leaders by it.
public struct LeaderEpoch: Identifier, Comparable {
    public let rawValue: Int32
    public init(rawValue: Int32 = -1) { self.rawValue = rawValue }
    /// The sender does not know the epoch, and asks not to have it checked.
    public static let none = LeaderEpoch(rawValue: -1)
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// Numbers an idempotent producer.
public struct ProducerID: Identifier, Comparable {
    public let rawValue: Int64
    public init(rawValue: Int64 = -1) { self.rawValue = rawValue }
    /// The producer is not idempotent.
    public static let none = ProducerID(rawValue: -1)
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// Counts the incarnations of a producer id; an older one is fenced.
public struct ProducerEpoch: Identifier, Comparable {
    public let rawValue: Int16
    public init(rawValue: Int16 = -1) { self.rawValue = rawValue }
    public static let none = ProducerEpoch(rawValue: -1)
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}
