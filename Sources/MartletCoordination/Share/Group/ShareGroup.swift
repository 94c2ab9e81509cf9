package import MartletCore
package import MartletWire

/// A group whose members share partitions record by record (KIP-932).
///
/// The group epoch counts changes of members, subscriptions and topics. The target assignment says for a
/// group epoch which partitions each member reads; a member takes it over with its next heartbeat, for
/// nothing has to be given up first. Only partitions whose stored state has begun are assigned.
package final class ShareGroup {
    package let id: GroupID
    package internal(set) var epoch = MemberEpoch()
    /// Of the subscribed topics, when the epoch was last set.
    package internal(set) var metadataHash: Int64 = 0
    package internal(set) var members: [MemberID: ShareMember] = [:]
    package internal(set) var targetEpoch = MemberEpoch()
    package internal(set) var targets: [MemberID: [TopicPartitions]] = [:]
    package internal(set) var states = SharePartitionStates()

    // Forgotten with the coordinator.
    /// Topics have changed since the metadata hash was compared with them.
    var mayBeStale = true
    /// States may have to begin that have not yet.
    var mayLackStates = true
    /// No sooner are states asked for again that could not begin.
    var nextAttempt: Timestamp = 0
    /// Partitions whose state is asked for at the moment.
    var beginning: Set<ShareStateRequest.Partition> = []
    /// Topics whose states are asked to end at the moment, and how often.
    var ending: [TopicID: Int] = [:]
    /// Members that wait for states to begin before they hear their first assignment.
    var joining: [(request: ShareGroupHeartbeatRequest, call: Call)] = []

    init(_ id: GroupID) { self.id = id }

    package var isEmpty: Bool { members.isEmpty }
    /// As ListGroups and ShareGroupDescribe name it.
    package var stateName: String { isEmpty ? "Empty" : "Stable" }
    package static var assignorName: String { "simple" }

    package func isSubscribed(to topic: TopicName) -> Bool {
        members.values.contains { $0.subscribedTopics.contains(topic) }
    }

    var subscribedTopics: Set<TopicName> {
        members.values.reduce(into: []) { $0.formUnion($1.subscribedTopics) }
    }

    /// The records that make the group go.
    func tombstones() -> [CoordinatorRecord] {
        members.keys.sorted { $0.rawValue < $1.rawValue }.flatMap { memberTombstones($0) } + [
            .shareTargetEpoch(id, nil), .sharePartitionStates(id, nil), .shareGroup(id, nil),
        ]
    }

    func memberTombstones(_ member: MemberID) -> [CoordinatorRecord] {
        [.shareCurrent(id, member, nil), .shareTarget(id, member, nil), .shareMember(id, member, nil)]
    }
}

/// A member of a share group.
package struct ShareMember: Sendable, Equatable {
    package let id: MemberID
    package var rack: String?
    package var clientID = ""
    package var clientHost = ""
    /// In order, each once.
    package var subscribedTopics: [TopicName] = []
    package var epoch = MemberEpoch()
    /// A heartbeat with it comes from a member that has not heard of its epoch yet.
    package var previousEpoch = MemberEpoch()
    package var assigned: [TopicPartitions] = []

    init(_ id: MemberID) { self.id = id }

    /// What the record of the member holds.
    var value: ShareGroupMemberValue {
        ShareGroupMemberValue {
            $0.rack = rack
            $0.clientID = clientID
            $0.clientHost = clientHost
            $0.subscribedTopics = subscribedTopics
        }
    }

    var currentValue: ShareCurrentAssignmentValue {
        ShareCurrentAssignmentValue {
            $0.memberEpoch = epoch
            $0.previousMemberEpoch = previousEpoch
            $0.assigned = assigned
        }
    }
}

/// What a share group waits for.
enum ShareDeadline: Hashable, Sendable {
    case session(MemberID)
    /// The stored state of partitions is asked for, and members wait for the answer.
    case states
    /// The stored state of partitions could not begin or end, and is asked for again.
    case retry
}
