/// Names a topic.
public struct TopicName: StringIdentifier, Comparable {
    public let rawValue: String
    public init(rawValue: String = "") { self.rawValue = rawValue }
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }

    /// Longest name, so that `topic-partition` and its suffixes fit a directory entry.
    public static let maximumLength = 249

    /// Whether the name is legal: 1 to 249 characters of `a-z A-Z 0-9 . _ -`, and neither `.` nor `..`.
    public var isValid: Bool {
        !rawValue.isEmpty && rawValue.utf8.count <= Self.maximumLength && rawValue != "." && rawValue != ".."
            && rawValue.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

/// Numbers the partitions of a topic from 0.
public typealias PartitionIndex = Int32

/// A partition of a topic: the unit of order, of storage and of leadership.
public struct TopicPartition: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var topic: TopicName
    public var partition: PartitionIndex

    public init(_ topic: TopicName, _ partition: PartitionIndex) {
        self.topic = topic
        self.partition = partition
    }

    /// `topic-partition`, which is also the name of its directory.
    public var description: String { "\(topic.rawValue)-\(partition)" }

    public static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.topic, lhs.partition) < (rhs.topic, rhs.partition)
    }
}

/// Position of a record in its partition.
public struct Offset: Identifier, Comparable, ExpressibleByIntegerLiteral {
    public let rawValue: Int64
    public init(rawValue: Int64 = 0) { self.rawValue = rawValue }
    public init(integerLiteral value: Int64) { self.init(rawValue: value) }
    public init(_ value: some BinaryInteger) { self.init(rawValue: Int64(value)) }

    /// Stands where no offset is known.
    public static let none = Offset(rawValue: -1)

    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }

    /// The offset `count` records later. Wraps instead of trapping, as the count may come from the network;
    /// whoever takes offsets from there checks them first.
    public static func + (lhs: Self, count: Int64) -> Offset { Offset(rawValue: lhs.rawValue &+ count) }
    public static func - (lhs: Self, count: Int64) -> Offset { Offset(rawValue: lhs.rawValue &- count) }
    public static func - (lhs: Self, rhs: Offset) -> Int64 { lhs.rawValue &- rhs.rawValue }
}
