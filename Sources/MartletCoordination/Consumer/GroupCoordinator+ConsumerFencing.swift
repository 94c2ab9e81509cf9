internal import MartletCore
internal import MartletWire

/// What a consumer group waits for.
enum ConsumerDeadline: Hashable, Sendable {
    /// The member's next heartbeat.
    case session(MemberID)
    /// The member's word that it has given up partitions.
    case revocation(MemberID)
    /// A classic member's JoinGroup, after it was told of a rebalance.
    case join(MemberID)
    /// A classic member's SyncGroup, after its JoinGroup.
    case sync(MemberID)

    var member: MemberID {
        switch self {
        case .session(let member), .revocation(let member), .join(let member), .sync(let member): member
        }
    }
}

extension GroupCoordinator {
    /// Takes members out of the group. What they held is free at once. If only classic members are left, the
    /// group goes back to the classic protocol.
    func fence(_ members: [ConsumerMember], in group: ConsumerGroup, now: Timestamp) {
        guard !members.isEmpty else { return }
        if mayDowngrade(group, without: Set(members.map(\.id))) {
            downgrade(group, without: Set(members.map(\.id)), now: now)
            return
        }
        for member in members {
            appendRemoval(of: member.id, from: group.id)
            removeConsumerDeadlines(of: member.id, in: group.id)
        }
        dropUnusedPatterns(of: group)
        moveEpoch(of: group, hash: metadataHash(of: group))
    }

    // MARK: Time

    func setRevocationDeadline(of member: ConsumerMember, in group: GroupID, now: Timestamp) {
        deadlines.set(
            .consumer(group, .revocation(member.id)), now + Int64(max(member.rebalanceTimeoutMs, 0)))
    }

    func removeConsumerDeadlines(of member: MemberID, in group: GroupID) {
        for deadline: ConsumerDeadline in [
            .session(member), .revocation(member), .join(member), .sync(member),
        ] {
            deadlines.remove(.consumer(group, deadline))
        }
    }

    func consumerDeadline(_ id: GroupID, _ deadline: ConsumerDeadline, now: Timestamp) {
        guard let group = consumerGroup(id), let member = group[deadline.member] else { return }
        switch deadline {
        case .session:
            fence([member], in: group, now: now)
        case .revocation:
            if member.state == .unrevoked && !member.isClassic { fence([member], in: group, now: now) }
        case .join, .sync:
            if member.isClassic { fence([member], in: group, now: now) }
        }
    }

    /// Members get their whole time again: they could not reach anybody meanwhile.
    func didLoadConsumerGroups(now: Timestamp) {
        for id in groups.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let group = consumerGroup(id) else { continue }
            for case let member? in group.order.map({ group[$0] }) {
                let timeout =
                    member.classic.map { Int64($0.sessionTimeoutMs) } ?? consumerSessionTimeoutMs(id)
                deadlines.set(.consumer(id, .session(member.id)), now + timeout)
                if member.state == .unrevoked && !member.isClassic {
                    setRevocationDeadline(of: member, in: id, now: now)
                }
            }
        }
    }

    /// Groups look with their next heartbeat whether it is about their topics.
    func consumerTopicsChanged(_ before: TopicCatalogue, now: Timestamp) {
        for case .consumer(let group) in groups.values { group.mayBeStale = true }
    }
}
