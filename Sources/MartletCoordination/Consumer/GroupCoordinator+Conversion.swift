internal import MartletCore
internal import MartletWire

/// Groups change over between the classic and the consumer protocol while their members are connected: up
/// with the first member that speaks the consumer protocol, down when the last one is gone. The others keep
/// what they own, and are told to join again.
extension GroupCoordinator {
    // MARK: Up

    /// Whether a member that joins by the consumer protocol may take the group over.
    func checkUpgrade(of group: ClassicGroup, isJoining: Bool) throws(GroupRefusal) {
        func refuse(_ isWrong: Bool, _ reason: String) throws(GroupRefusal) {
            if isWrong {
                throw GroupRefusal(
                    .groupIDNotFound,
                    "The classic group \(group.id) cannot become a consumer group while it has members: \(reason)."
                )
            }
        }
        guard isJoining else {
            throw GroupRefusal(.groupIDNotFound, "There is no consumer group \(group.id).")
        }
        if group.isEmpty { return }
        try refuse(
            settings.migrationPolicy != .bidirectional && settings.migrationPolicy != .upgrade,
            "group.consumer.migration.policy forbids it")
        try refuse(
            !group.usesConsumerProtocol, "its members are no consumers")
        try refuse(
            group.memberCount > settings.consumer.maximumSize,
            "it is larger than group.consumer.max.size")
        if group.memberCount == settings.consumer.maximumSize { throw GroupRefusal(.groupMaxSizeReached) }
        for member in group.allMembers {
            let metadata = embeddedSubscription(of: member, in: group)
            try refuse(
                (try? ConsumerProtocolSubscription(prefixed: metadata)) == nil,
                "what its members say of themselves cannot be read")
            if member.assignment.isEmpty { continue }
            let assignment = try? ConsumerProtocolAssignment(prefixed: member.assignment)
            try refuse(assignment == nil, "what its members say of themselves cannot be read")
            // An assignor that gives its members more than partitions would find that missing.
            try refuse(
                assignment?.userData?.isEmpty == false, "its assignor hands out more than partitions")
        }
    }

    /// Until the first generation is complete no protocol is chosen; all say the same anyway.
    private func embeddedSubscription(of member: ClassicMember, in group: ClassicGroup) -> Bytes {
        let chosen = group.protocolName.map { member.metadata(for: $0) } ?? .empty
        return chosen.isEmpty ? member.protocols.first?.metadata ?? .empty : chosen
    }

    /// Makes the group one of the consumer protocol. Its members keep their assignments; the generation
    /// becomes the epoch of all.
    func upgrade(_ group: ClassicGroup, now: Timestamp) {
        refuseAllWaiting(in: group, .rebalanceInProgress)
        let epoch = MemberEpoch(rawValue: max(group.generation.rawValue, 0))
        var members = group.allMembers.map { convert($0, of: group, epoch: epoch) }
        if group.state != .stable { restoreClaims(of: group, to: &members) }
        for member in group.allMembers { deadlines.remove(.classic(group.id, .session(member.id))) }
        deadlines.remove(.classic(group.id, .join))
        deadlines.remove(.classic(group.id, .sync))
        append(.classicGroup(group.id, nil))

        let upgraded = ConsumerGroup(group.id)
        groups[group.id] = .consumer(upgraded)
        guard !members.isEmpty else { return }
        for member in members { append(.consumerMember(group.id, member.id, member.value)) }
        append(
            .consumerGroup(
                group.id,
                ConsumerGroupValue {
                    $0.epoch = epoch
                    $0.metadataHash = metadataHash(of: upgraded)
                }))
        for member in members {
            let target = TargetAssignmentValue { $0.partitions = member.assigned.topicPartitions }
            append(.consumerTarget(group.id, member.id, target))
        }
        append(
            .consumerTargetEpoch(
                group.id,
                TargetEpochValue {
                    $0.epoch = epoch
                    $0.timestamp = now
                }))
        for member in members {
            append(.consumerCurrent(group.id, member.id, member.currentValue))
            let sessionTimeoutMs = member.classic?.sessionTimeoutMs ?? 0
            deadlines.set(.consumer(group.id, .session(member.id)), now + Int64(sessionTimeoutMs))
        }
    }

    private func convert(
        _ classic: ClassicMember, of group: ClassicGroup, epoch: MemberEpoch
    ) -> ConsumerMember {
        let metadata = embeddedSubscription(of: classic, in: group)
        let subscription = try? ConsumerProtocolSubscription(prefixed: metadata)
        let assignment = try? ConsumerProtocolAssignment(prefixed: classic.assignment)
        var member = ConsumerMember(classic.id)
        member.instance = classic.instance
        member.rack = subscription?.rack.flatMap { $0.isEmpty ? nil : $0 }
        member.clientID = classic.clientID
        member.clientHost = classic.clientHost
        member.subscribedTopics = ConsumerMember.normal(subscription?.topics ?? [])
        member.rebalanceTimeoutMs = classic.rebalanceTimeoutMs
        member.classic = .init {
            $0.sessionTimeoutMs = classic.sessionTimeoutMs
            $0.protocols = classic.protocols
        }
        member.epoch = epoch
        member.previousEpoch = epoch
        member.assigned = partitions(assignment?.partitions ?? [])
        return member
    }

    /// Between generations nothing may be assigned, but consumers that rebalance cooperatively still read
    /// what they had when they joined. Of two that claim the same, the one that got it later is right.
    private func restoreClaims(of group: ClassicGroup, to members: inout [ConsumerMember]) {
        var taken = Set(members.flatMap(\.assigned.elements))
        let claims = group.allMembers.enumerated().compactMap { index, member in
            let metadata = embeddedSubscription(of: member, in: group)
            return (try? ConsumerProtocolSubscription(prefixed: metadata)).map { (index, $0) }
        }
        for (index, claim) in claims.sorted(by: { ($1.1.generation, $0.0) < ($0.1.generation, $1.0) }) {
            let claimed = partitions(claim.ownedPartitions).filter { !taken.contains($0) }
            taken.formUnion(claimed.elements)
            members[index].assigned = members[index].assigned.union(claimed)
        }
    }

    // MARK: Down

    /// Whether only classic members are left when the others are gone.
    func mayDowngrade(_ group: ConsumerGroup, without leaving: Set<MemberID>) -> Bool {
        let remaining = group.members.count - leaving.count
        guard remaining > 0, group.classicCount >= remaining, mayDowngrade(count: remaining) else {
            return false
        }
        return leaving.allSatisfy { group[$0]?.isClassic == false }
    }

    /// Whether only classic members are left when the member is replaced by one.
    func mayDowngrade(_ group: ConsumerGroup, replacing member: ConsumerMember) -> Bool {
        !member.isClassic && group.classicCount == group.members.count - 1
            && mayDowngrade(count: group.members.count)
    }

    private func mayDowngrade(count: Int) -> Bool {
        (settings.migrationPolicy == .bidirectional || settings.migrationPolicy == .downgrade)
            && count <= settings.maximumSize
    }

    /// Makes the group one of the classic protocol. Members keep what is meant for them until they have
    /// joined and divided the partitions themselves.
    func downgrade(
        _ group: ConsumerGroup, without leaving: Set<MemberID>, rebalances: Bool = true, now: Timestamp
    ) {
        let members = group.order.filter { !leaving.contains($0) }.compactMap { group[$0] }
        let value = classicValue(of: group, members: members, now: now)
        appendRemoval(of: group)
        append(.classicGroup(group.id, value))
        guard case .classic(let downgraded) = groups[group.id] else { return }
        // The record has one protocol of each member; all of them are needed to choose the next.
        for member in members {
            guard let classic = downgraded.member(member.id) else { continue }
            downgraded.update(
                classic,
                JoinGroupRequest {
                    $0.protocols = member.classic?.protocols ?? []
                    $0.sessionTimeoutMs = classic.sessionTimeoutMs
                    $0.rebalanceTimeoutMs = classic.rebalanceTimeoutMs
                })
        }
        startSessions(of: downgraded, now: now)
        if rebalances { prepareRebalance(downgraded, now: now) }
    }

    private func classicValue(
        of group: ConsumerGroup, members: [ConsumerMember], now: Timestamp
    ) -> ClassicGroupValue {
        let chosen = commonProtocol(of: members)
        return ClassicGroupValue {
            $0.protocolType = consumerProtocolType
            $0.generation = GenerationID(rawValue: group.epoch.rawValue)
            $0.protocolName = chosen
            $0.leader = members.first?.id
            $0.currentStateTimestamp = now
            $0.members = members.map { member in
                .init {
                    $0.id = member.id
                    $0.instance = member.instance
                    $0.clientID = member.clientID
                    $0.clientHost = member.clientHost
                    $0.rebalanceTimeoutMs = member.rebalanceTimeoutMs
                    $0.sessionTimeoutMs = member.classic?.sessionTimeoutMs ?? 0
                    $0.subscription =
                        member.classic?.protocols.first { $0.name == chosen }?.metadata ?? .empty
                    $0.assignment = classicAssignment(group.targets[member.id] ?? PartitionSet(), of: member)
                }
            }
        }
    }

    /// The protocol that all can take part in and the first prefers.
    private func commonProtocol(of members: [ConsumerMember]) -> String? {
        members.first?.classic?.protocols.map(\.name).first { name in
            members.allSatisfy { $0.classic?.protocols.contains { $0.name == name } == true }
        }
    }
}
