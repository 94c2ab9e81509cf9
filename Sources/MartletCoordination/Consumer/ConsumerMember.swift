package import MartletCore
internal import MartletWire

/// A member of a consumer group: what it told of itself, and how far it has followed the target assignment.
package struct ConsumerMember: Sendable, Equatable {
    package var id: MemberID
    package var instance: InstanceID?
    package var rack: String?
    package var clientID = ""
    package var clientHost = ""
    /// In order, each once.
    package var subscribedTopics: [TopicName] = []
    /// Topics whose names match are subscribed as well; never empty.
    package var pattern: String?
    package var rebalanceTimeoutMs: Int32 = -1
    package var assignor: String?
    /// Of a member that speaks the classic protocol.
    package var classic: ConsumerGroupMemberValue.Classic?

    /// The epoch of the target assignment that the member has reached.
    package var epoch = MemberEpoch.joining
    /// The epoch before: a member that speaks for it has missed an answer.
    package var previousEpoch = MemberEpoch.leaving
    package var state = State.stable
    /// What the member may read.
    package var assigned = PartitionSet()
    /// What the member has to give up, and has not said so yet. Nobody else gets it until then.
    package var pendingRevocation = PartitionSet()

    package init(_ id: MemberID) { self.id = id }

    package enum State: Int8, Sendable {
        case stable = 0
        /// The member is to give up partitions before it goes on.
        case unrevoked = 1
        /// The member waits for partitions that others have not given up yet.
        case unreleased = 2
        /// Written by a newer coordinator.
        case unknown = 127
    }

    package var isClassic: Bool { classic != nil }

    /// Whether nothing is left to do for the target assignment of the epoch.
    func hasReached(_ target: MemberEpoch) -> Bool { state == .stable && epoch == target }

    /// All partitions that nobody else may have.
    var held: PartitionSet { assigned.union(pendingRevocation) }
}

extension ConsumerMember {
    /// What the member told of itself, as a record.
    var value: ConsumerGroupMemberValue {
        ConsumerGroupMemberValue {
            $0.instance = instance
            $0.rack = rack
            $0.clientID = clientID
            $0.clientHost = clientHost
            $0.subscribedTopics = subscribedTopics
            $0.subscribedTopicRegex = pattern
            $0.rebalanceTimeoutMs = rebalanceTimeoutMs
            $0.assignor = assignor
            $0.classic = classic
        }
    }

    /// How far the member is, as a record.
    var currentValue: ConsumerCurrentAssignmentValue {
        ConsumerCurrentAssignmentValue {
            $0.memberEpoch = epoch
            $0.previousMemberEpoch = previousEpoch
            $0.state = state.rawValue
            $0.assigned = assigned.topicPartitions
            $0.pendingRevocation = pendingRevocation.topicPartitions
        }
    }

    mutating func apply(_ value: ConsumerGroupMemberValue) {
        instance = value.instance
        rack = value.rack
        clientID = value.clientID
        clientHost = value.clientHost
        subscribedTopics = Self.normal(value.subscribedTopics)
        pattern = value.subscribedTopicRegex.flatMap { $0.isEmpty ? nil : $0 }
        rebalanceTimeoutMs = value.rebalanceTimeoutMs
        assignor = value.assignor.flatMap { $0.isEmpty ? nil : $0 }
        classic = value.classic
    }

    mutating func apply(_ value: ConsumerCurrentAssignmentValue) {
        epoch = value.memberEpoch
        previousEpoch = value.previousMemberEpoch
        state = State(rawValue: value.state) ?? .unknown
        assigned = PartitionSet(value.assigned)
        pendingRevocation = PartitionSet(value.pendingRevocation)
    }

    /// The names in order, each once.
    static func normal(_ names: [TopicName]) -> [TopicName] {
        guard zip(names, names.dropFirst()).contains(where: { $0 >= $1 }) else { return names }
        return Set(names).sorted()
    }
}
