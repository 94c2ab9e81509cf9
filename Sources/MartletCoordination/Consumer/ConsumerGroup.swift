package import MartletCore

/// A group whose partitions the coordinator divides (KIP-848).
package final class ConsumerGroup {
    package let id: GroupID
    init(_ id: GroupID) { self.id = id }
}

/// What a consumer group waits for.
enum ConsumerDeadline: Hashable, Sendable {
    case session(MemberID)
}

extension GroupCoordinator {
    func applyConsumerGroup(_ record: CoordinatorRecord) {}
    func didLoadConsumerGroups(now: Timestamp) {}
    func consumerDeadline(_ group: GroupID, _ deadline: ConsumerDeadline, now: Timestamp) {}
    func consumerTopicsChanged(_ before: TopicCatalogue, now: Timestamp) {}
}
