package import MartletCore

/// A group whose members share partitions record by record (KIP-932).
package final class ShareGroup {
    package let id: GroupID
    init(_ id: GroupID) { self.id = id }
}

/// What a share group waits for.
enum ShareDeadline: Hashable, Sendable {
    case session(MemberID)
}

extension GroupCoordinator {
    func applyShareGroup(_ record: CoordinatorRecord) {}
    func didLoadShareGroups(now: Timestamp) {}
    func shareDeadline(_ group: GroupID, _ deadline: ShareDeadline, now: Timestamp) {}
    func shareTopicsChanged(_ before: TopicCatalogue, now: Timestamp) {}
}
