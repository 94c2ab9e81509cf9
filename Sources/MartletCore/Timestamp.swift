/// Milliseconds since 1970-01-01 UTC, as records carry them.
public struct Timestamp: Identifier, Comparable, ExpressibleByIntegerLiteral {
    public let rawValue: Int64
    public init(rawValue: Int64) { self.rawValue = rawValue }
    public init(integerLiteral value: Int64) { self.init(rawValue: value) }

    /// Stands where no time is known.
    public static let none = Timestamp(rawValue: -1)

    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }

    /// Differences come from the network, so they wrap instead of trapping.
    public static func + (lhs: Self, milliseconds: Int64) -> Timestamp {
        Timestamp(rawValue: lhs.rawValue &+ milliseconds)
    }
    public static func - (lhs: Self, milliseconds: Int64) -> Timestamp {
        Timestamp(rawValue: lhs.rawValue &- milliseconds)
    }
    public static func - (lhs: Self, rhs: Timestamp) -> Int64 { lhs.rawValue &- rhs.rawValue }
}
