internal import MartletCore

/// Who may do what with the group.
extension ClassicGroup {
    package var stateName: String { state.rawValue }
    var protocolTypeName: String { protocolType ?? "" }
    package var isEmpty: Bool { state == .empty }
    /// An id that was given out may still be used.
    var mayExpire: Bool { pendingMembers.isEmpty }

    /// Whether a member is who it says it is; nil if so.
    func validate(_ member: MemberID, _ instance: InstanceID?) -> ErrorCode? {
        if let instance {
            guard let current = staticMembers[instance] else { return .unknownMemberID }
            // Somebody else has come under this name since.
            guard current == member else { return .fencedInstanceID }
        }
        return members[member] == nil ? .unknownMemberID : nil
    }

    /// The same, for who speaks of a generation.
    func validate(
        _ member: MemberID, _ instance: InstanceID?, _ generation: GenerationID
    ) -> ErrorCode? {
        validate(member, instance) ?? (generation == self.generation ? nil : .illegalGeneration)
    }

    func validateOffsetCommit(_ committer: OffsetCommitter) -> ErrorCode? {
        // Whoever has no generation is a tool, or reads without the help of a group: fine as long as no
        // members would be surprised.
        if committer.epoch < 0, state == .empty { return nil }
        if committer.epoch < 0, committer.member.rawValue.isEmpty, committer.instance == nil {
            // Producers of old versions do not say for which member they store offsets.
            return committer.isTransactional ? nil : .unknownMemberID
        }
        let error = validate(
            committer.member, committer.instance, GenerationID(rawValue: committer.epoch))
        // The member knows the generation already, but not yet its part of it. What it has worked off in a
        // transaction it may store even so.
        if error == nil, state == .completingRebalance, !committer.isTransactional {
            return .rebalanceInProgress
        }
        return error
    }

    /// Members of classic groups do not say who they are when they ask.
    func validateOffsetFetch(member: MemberID?, epoch: Int32) -> ErrorCode? { nil }

    func validateOffsetDelete() -> ErrorCode? {
        state == .empty || usesConsumerProtocol ? nil : .nonEmptyGroup
    }

    var offsetExpiry: OffsetExpiry {
        if protocolType == nil { return .sinceCommit }
        if state == .empty { return currentStateTimestamp.map { .since($0) } ?? .sinceCommit }
        return state == .stable && usesConsumerProtocol && subscribedTopics != nil ? .sinceCommit : .never
    }

    func tombstones() -> [CoordinatorRecord] { [.classicGroup(id, nil)] }
}
