package import MartletCore

/// A group whose members divide the partitions themselves.
package final class ClassicGroup {
    package let id: GroupID
    init(_ id: GroupID) { self.id = id }
}

/// What a classic group waits for.
enum ClassicDeadline: Hashable, Sendable {
    case session(MemberID)
}

extension GroupCoordinator {
    func applyClassicGroup(_ group: GroupID, _ value: ClassicGroupValue?) {}
    func didLoadClassicGroups(now: Timestamp) {}
    func classicDeadline(_ group: GroupID, _ deadline: ClassicDeadline, now: Timestamp) {}
}
