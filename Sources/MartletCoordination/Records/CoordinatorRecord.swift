package import MartletCore

/// One record of `__consumer_offsets`: what it is about, and its value, or nil for "no more" (a tombstone).
///
/// All that a group coordinator knows comes from these, so loading and normal work are one path: a decision
/// becomes records, and the records change the state.
package enum CoordinatorRecord: Sendable, Equatable {
    case offset(OffsetCommitKey, OffsetCommitValue?)
    case classicGroup(GroupID, ClassicGroupValue?)
    case consumerGroup(GroupID, ConsumerGroupValue?)
    case consumerMember(GroupID, MemberID, ConsumerGroupMemberValue?)
    case consumerTargetEpoch(GroupID, TargetEpochValue?)
    case consumerTarget(GroupID, MemberID, TargetAssignmentValue?)
    case consumerCurrent(GroupID, MemberID, ConsumerCurrentAssignmentValue?)
    case consumerPattern(GroupID, pattern: String, RegularExpressionValue?)
    case shareGroup(GroupID, ShareGroupValue?)
    case shareMember(GroupID, MemberID, ShareGroupMemberValue?)
    case shareTargetEpoch(GroupID, TargetEpochValue?)
    case shareTarget(GroupID, MemberID, TargetAssignmentValue?)
    case shareCurrent(GroupID, MemberID, ShareCurrentAssignmentValue?)
    case sharePartitionStates(GroupID, SharePartitionStatesValue?)
}
