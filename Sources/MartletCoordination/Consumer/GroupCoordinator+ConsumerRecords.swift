package import MartletCore
internal import MartletWire

extension GroupCoordinator {
    /// The group, if it is one of the consumer protocol.
    package func consumerGroup(_ id: GroupID) -> ConsumerGroup? {
        guard case .consumer(let group) = groups[id] else { return nil }
        return group
    }

    /// The group, made now if there is none. A record of another protocol that is still there is older: the
    /// group has changed over since.
    private func madeConsumerGroup(_ id: GroupID) -> ConsumerGroup {
        if let group = consumerGroup(id) { return group }
        let group = ConsumerGroup(id)
        groups[id] = .consumer(group)
        return group
    }

    func applyConsumerGroup(_ record: CoordinatorRecord) {
        switch record {
        case .consumerGroup(let id, let value?):
            let group = madeConsumerGroup(id)
            group.epoch = value.epoch
            group.metadataHash = value.metadataHash
        case .consumerGroup(let id, nil):
            if consumerGroup(id) != nil { groups[id] = nil }
        case .consumerTargetEpoch(let id, let value?):
            madeConsumerGroup(id).targetEpoch = value.epoch
        case .consumerTargetEpoch(let id, nil):
            consumerGroup(id)?.targetEpoch = .leaving
        case .consumerTarget(let id, let member, let value?):
            madeConsumerGroup(id).setTarget(PartitionSet(value.partitions), of: member)
        case .consumerTarget(let id, let member, nil):
            consumerGroup(id)?.setTarget(nil, of: member)
        case .consumerPattern(let id, let pattern, let value?):
            madeConsumerGroup(id).patterns[pattern] = value
        case .consumerPattern(let id, let pattern, nil):
            consumerGroup(id)?.patterns[pattern] = nil
            consumerGroup(id)?.compiledPatterns[pattern] = nil
        case .consumerMember(let id, let member, let value):
            applyConsumerMember(id, member, value)
        case .consumerCurrent(let id, let member, let value):
            applyConsumerCurrent(id, member, value)
        default:
            break
        }
    }

    private func applyConsumerMember(_ id: GroupID, _ member: MemberID, _ value: ConsumerGroupMemberValue?) {
        guard let value else {
            consumerGroup(id)?.remove(member)
            return
        }
        let group = madeConsumerGroup(id)
        var changed = group[member] ?? ConsumerMember(member)
        changed.apply(value)
        group.update(changed)
    }

    private func applyConsumerCurrent(
        _ id: GroupID, _ member: MemberID, _ value: ConsumerCurrentAssignmentValue?
    ) {
        if let value {
            let group = madeConsumerGroup(id)
            var changed = group[member] ?? ConsumerMember(member)
            changed.apply(value)
            group.update(changed)
        } else if let group = consumerGroup(id), var changed = group[member] {
            changed.apply(
                ConsumerCurrentAssignmentValue {
                    $0.memberEpoch = .leaving
                    $0.previousMemberEpoch = .leaving
                })
            group.update(changed)
        }
    }

    // MARK: Removal

    /// Ends what is known of a member. In this order, so that a load that ends anywhere between finds nothing
    /// owned by a member that is gone.
    func appendRemoval(of member: MemberID, from group: GroupID) {
        append(.consumerCurrent(group, member, nil))
        append(.consumerTarget(group, member, nil))
        append(.consumerMember(group, member, nil))
    }

    /// Ends the group with all its members. Its offsets stay.
    func appendRemoval(of group: ConsumerGroup) {
        let members = group.order
        for record in group.tombstones() { append(record) }
        for member in members { removeConsumerDeadlines(of: member, in: group.id) }
    }
}

extension ConsumerGroup {
    /// The records that end the group.
    func tombstones() -> [CoordinatorRecord] {
        order.map { .consumerCurrent(id, $0, nil) }
            + targets.keys.sorted { $0.rawValue < $1.rawValue }.map { .consumerTarget(id, $0, nil) }
            + [.consumerTargetEpoch(id, nil)]
            + order.map { .consumerMember(id, $0, nil) }
            + patterns.keys.sorted().map { .consumerPattern(id, pattern: $0, nil) }
            + [.consumerGroup(id, nil)]
    }
}
