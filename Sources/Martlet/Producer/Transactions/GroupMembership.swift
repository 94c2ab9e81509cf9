public import MartletCore

/// Who stores offsets of a group, as the group knows it: a member's word counts only while it is one.
public struct GroupMembership: Hashable, Sendable {
    public var group: GroupID
    public var member: MemberID
    /// Names a static member.
    public var instance: InstanceID?
    /// The generation, or the member epoch.
    public var generation: GenerationID

    /// - Parameter group: Of a client that is no member: nobody checks whether its offsets are up to date.
    public init(
        group: GroupID, member: MemberID = MemberID(), instance: InstanceID? = nil,
        generation: GenerationID = .none
    ) {
        self.group = group
        self.member = member
        self.instance = instance
        self.generation = generation
    }
}
