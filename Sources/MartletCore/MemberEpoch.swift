/// Counts the steps by which a member of a consumer or share group follows its group's target assignment
/// (KIP-848).
public struct MemberEpoch: Identifier, Comparable {
    public let rawValue: Int32
    public init(rawValue: Int32 = 0) { self.rawValue = rawValue }

    /// Joins the group.
    public static let joining = MemberEpoch(rawValue: 0)
    /// Leaves the group.
    public static let leaving = MemberEpoch(rawValue: -1)
    /// Leaves for now, as a static member that will be back under the same instance id.
    public static let leavingStatic = MemberEpoch(rawValue: -2)

    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}
