internal import MartletCore

/// Brings a member one step nearer to its target assignment.
///
/// First the member gives up what it should not own; its epoch stays meanwhile. When its heartbeat shows that
/// it did, it goes to the epoch of the target and gets what is free. What others still hold it gets with
/// later heartbeats. So a partition has one owner at any time, though each member moves at its own pace.
struct Reconciliation {
    var target: PartitionSet
    var targetEpoch: MemberEpoch
    /// The member's subscription has changed: what it does not read any more goes, whatever the target says.
    var subscriptionChanged: Bool
    /// Whether the member reads the topic, and the topic exists.
    var isSubscribed: (TopicID) -> Bool
    /// Whether a member other than this one holds the partition.
    var isHeldByOther: (TopicIDPartition) -> Bool
    /// What the member says it owns; nil if it did not say.
    var owned: PartitionSet?

    /// The next state of the member; the same if it cannot move on.
    func next(_ member: ConsumerMember) -> ConsumerMember {
        switch member.state {
        case .stable:
            if member.epoch != targetEpoch { return advance(member) }
            return subscriptionChanged ? shrink(member) : member
        case .unrevoked:
            if owns(member.pendingRevocation) { return subscriptionChanged ? shrink(member) : member }
            return advance(member)
        case .unreleased:
            return advance(member)
        case .unknown:
            // Only one that owns nothing comes as far as here; it begins again.
            return advance(member)
        }
    }

    /// Whether the member may still own some of the partitions. One that does not say what it owns may.
    private func owns(_ partitions: PartitionSet) -> Bool {
        guard let owned else { return true }
        return !owned.isDisjoint(with: partitions)
    }

    /// Follows the target as far as others and the member itself allow.
    private func advance(_ member: ConsumerMember) -> ConsumerMember {
        let target = target.filter { isSubscribed($0.topic) }
        let kept = member.assigned.intersection(target)
        let revoked = member.assigned.subtracting(kept)
        var next = member
        next.previousEpoch = member.epoch
        if !revoked.isEmpty && owns(revoked) {
            next.state = .unrevoked
            next.assigned = kept
            next.pendingRevocation = revoked
            return next
        }
        let missing = target.subtracting(kept)
        // What the member itself was to give up is free for it, for nobody else can have it.
        let free = missing.filter { !isHeldByOther($0) }
        next.state = free.count < missing.count ? .unreleased : .stable
        next.epoch = targetEpoch
        next.assigned = kept.union(free)
        next.pendingRevocation = PartitionSet()
        return next
    }

    /// Takes away what is not subscribed any more, and nothing else.
    private func shrink(_ member: ConsumerMember) -> ConsumerMember {
        let kept = member.assigned.filter { isSubscribed($0.topic) }
        guard kept.count < member.assigned.count else { return member }
        let revoked = member.pendingRevocation.union(member.assigned.subtracting(kept))
        var next = member
        next.previousEpoch = member.epoch
        next.assigned = kept
        if owns(revoked) {
            next.state = .unrevoked
            next.pendingRevocation = revoked
        }
        return next
    }
}
