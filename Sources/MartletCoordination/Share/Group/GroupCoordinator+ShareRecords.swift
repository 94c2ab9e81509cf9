package import MartletCore
internal import MartletWire

/// How records change share groups.
extension GroupCoordinator {
    func applyShareGroup(_ record: CoordinatorRecord) {
        switch record {
        case .shareGroup(let id, nil):
            if case .share? = groups[id] { groups[id] = nil }
        case .shareGroup(let id, let value?):
            let group = storedShareGroup(id)
            group.epoch = value.epoch
            group.metadataHash = value.metadataHash
        case .shareMember(let id, let member, let value?):
            applyShareMember(storedShareGroup(id), member, value)
        case .shareMember(let id, let member, nil):
            shareGroup(id)?.members[member] = nil
        case .shareTargetEpoch(let id, let value?):
            storedShareGroup(id).targetEpoch = value.epoch
        case .shareTargetEpoch(let id, nil):
            shareGroup(id)?.targetEpoch = MemberEpoch()
        case .shareTarget(let id, let member, let value?):
            storedShareGroup(id).targets[member] = value.partitions
        case .shareTarget(let id, let member, nil):
            shareGroup(id)?.targets[member] = nil
        case .shareCurrent(let id, let member, let value?):
            let group = storedShareGroup(id)
            var entry = group.members[member] ?? ShareMember(member)
            entry.epoch = value.memberEpoch
            entry.previousEpoch = value.previousMemberEpoch
            entry.assigned = value.assigned
            group.members[member] = entry
        case .shareCurrent(let id, let member, nil):
            applyLostAssignment(id, member)
        case .sharePartitionStates(let id, let value?):
            storedShareGroup(id).states = SharePartitionStates(value)
        case .sharePartitionStates(let id, nil):
            shareGroup(id)?.states = SharePartitionStates()
        default:
            break
        }
    }

    private func applyShareMember(_ group: ShareGroup, _ id: MemberID, _ value: ShareGroupMemberValue) {
        var member = group.members[id] ?? ShareMember(id)
        member.rack = value.rack
        member.clientID = value.clientID
        member.clientHost = value.clientHost
        member.subscribedTopics = value.subscribedTopics
        group.members[id] = member
    }

    private func applyLostAssignment(_ id: GroupID, _ member: MemberID) {
        guard let group = shareGroup(id), var entry = group.members[member] else { return }
        entry.epoch = .leaving
        entry.previousEpoch = .leaving
        entry.assigned = []
        group.members[member] = entry
    }

    /// The group of that name; nil if there is none, or one of another type.
    package func shareGroup(_ id: GroupID) -> ShareGroup? {
        guard case .share(let group)? = groups[id] else { return nil }
        return group
    }

    /// The group that a record speaks of. It is the last word on what type the group is.
    private func storedShareGroup(_ id: GroupID) -> ShareGroup {
        if let group = shareGroup(id) { return group }
        let group = ShareGroup(id)
        groups[id] = .share(group)
        return group
    }
}
