internal import MartletCore
internal import MartletWire

/// Who a heartbeat is from, after all that may be wrong with it was looked at.
struct ConsumerAdmission {
    /// Nil if the group is to be made, or to be taken over from the classic protocol.
    var group: ConsumerGroup?
    /// As it stands in the group, or new.
    var member: ConsumerMember
    /// The static member whose place the member takes.
    var replaced: ConsumerMember?
}

extension GroupCoordinator {
    /// Whether the sender of the heartbeat is who it says it is, and may be in the group.
    func admission(
        _ request: ConsumerGroupHeartbeatRequest, owned: PartitionSet?
    ) throws(GroupRefusal) -> ConsumerAdmission {
        let isJoining = request.memberEpoch == .joining
        let group = consumerGroup(request.group)
        if group == nil { try checkJoinable(request.group, isJoining: isJoining) }
        try checkRoom(in: group, for: request.member)
        let id = request.member.rawValue.isEmpty ? newMemberID() : request.member
        if let instance = request.instance, isJoining {
            return try staticAdmission(id, instance, in: group)
        }
        let known: ConsumerMember
        if isJoining {
            known = group?[id] ?? ConsumerMember(id)
        } else {
            guard let group else { throw GroupRefusal(.groupIDNotFound) }
            known = try knownMember(id, request.instance, in: group)
        }
        try checkEpoch(request.memberEpoch, of: known, owned: owned)
        return ConsumerAdmission(group: group, member: known)
    }

    /// A static member that joins takes the place of the one before, if that has left for now, or if one of
    /// the two speaks the classic protocol and cannot say so.
    private func staticAdmission(
        _ id: MemberID, _ instance: InstanceID, in group: ConsumerGroup?
    ) throws(GroupRefusal) -> ConsumerAdmission {
        guard let replaced = group?.staticMember(instance) else {
            return ConsumerAdmission(group: group, member: group?[id] ?? ConsumerMember(id))
        }
        if replaced.id == id && !replaced.isClassic && replaced.epoch != .leavingStatic {
            // It was fenced, and begins again as the same member.
            return ConsumerAdmission(group: group, member: replaced)
        }
        guard replaced.isClassic || replaced.epoch == .leavingStatic else {
            throw GroupRefusal(
                .unreleasedInstanceID,
                """
                Instance \(instance) is in use by member \(replaced.id); \(id) may join when that has left \
                or its session has ended.
                """)
        }
        return ConsumerAdmission(group: group, member: successor(of: replaced, id), replaced: replaced)
    }

    /// A member's successor begins from the start, with the partitions of the member.
    func successor(of member: ConsumerMember, _ id: MemberID) -> ConsumerMember {
        var successor = member
        successor.id = id
        successor.epoch = .joining
        successor.previousEpoch = .joining
        return successor
    }

    func checkRoom(in group: ConsumerGroup?, for member: MemberID) throws(GroupRefusal) {
        let maximum = settings.consumer.maximumSize
        guard (group?.members.count ?? 0) >= maximum, group?[member] == nil else { return }
        throw GroupRefusal(
            .groupMaxSizeReached,
            "The group is full: group.consumer.max.size is \(maximum).")
    }

    /// A member speaks for its epoch, or for the one before if an answer was lost; then it cannot own more
    /// than it was given. Epoch 0 begins again, and says that it owns nothing.
    private func checkEpoch(
        _ epoch: MemberEpoch, of member: ConsumerMember, owned: PartitionSet?
    ) throws(GroupRefusal) {
        if member.state == .unknown && owned?.isEmpty != true {
            throw GroupRefusal(
                .fencedMemberEpoch,
                """
                What the member owns is not known; it gives up its partitions and joins again.
                """)
        }
        if epoch == .joining || epoch == member.epoch { return }
        if epoch < member.epoch, epoch == member.previousEpoch,
            owned?.isSubset(of: member.assigned) == true
        {
            return
        }
        throw GroupRefusal(
            .fencedMemberEpoch,
            """
            The member's epoch is \(member.epoch), not \(epoch); it gives up its partitions and joins again.
            """)
    }

    /// Puts a static member in the place of the one before it, with the same partitions.
    func replaceStaticMember(
        _ replaced: ConsumerMember, by member: ConsumerMember, in group: ConsumerGroup
    ) -> ConsumerMember {
        let target = group.targets[replaced.id] ?? PartitionSet()
        appendRemoval(of: replaced.id, from: group.id)
        removeConsumerDeadlines(of: replaced.id, in: group.id)
        append(.consumerMember(group.id, member.id, member.value))
        append(
            .consumerTarget(
                group.id, member.id,
                TargetAssignmentValue {
                    $0.partitions = target.topicPartitions
                }))
        append(.consumerCurrent(group.id, member.id, member.currentValue))
        return member
    }

    /// A random UUID as Kafka's clients write it.
    func newMemberID() -> MemberID { MemberID(TopicID.random(using: &random).description) }

    // MARK: Groups of another kind

    /// Whether a group that is not of the consumer protocol may become one.
    private func checkJoinable(_ id: GroupID, isJoining: Bool) throws(GroupRefusal) {
        switch groups[id] {
        case nil:
            if !isJoining { throw GroupRefusal(.groupIDNotFound, "There is no consumer group \(id).") }
        case .consumer:
            break
        case .classic(let group):
            try checkUpgrade(of: group, isJoining: isJoining)
        case .share:
            throw GroupRefusal(.groupIDNotFound, "Group \(id) is of another type than consumer.")
        }
    }

    /// Makes the group, or takes it over from the classic protocol.
    func makeConsumerGroup(_ id: GroupID, now: Timestamp) {
        if case .classic(let group) = groups[id] { return upgrade(group, now: now) }
        // Its first records follow in the same event.
        groups[id] = .consumer(ConsumerGroup(id))
    }
}
