internal import MartletCore
internal import MartletWire

extension GroupCoordinator {
    /// Divides the partitions again, for the group epoch. Only what changes is written.
    func updateTarget(of group: ConsumerGroup, now: Timestamp) {
        let task = assignmentTask(for: group)
        group.dividedPartitionCount = task.topics.reduce(0) { $0 + $1.partitionCount }
        let shares = assignor(for: group).assign(task)
        for (index, share) in shares.enumerated() where task.previous[index] != share {
            let member = group.order[index]
            append(
                .consumerTarget(
                    group.id, member, TargetAssignmentValue { $0.partitions = share.topicPartitions }))
        }
        append(
            .consumerTargetEpoch(
                group.id,
                TargetEpochValue {
                    $0.epoch = group.epoch
                    $0.timestamp = now
                }))
    }

    private func assignmentTask(for group: ConsumerGroup) -> AssignmentTask {
        let topics = group.subscribedTopics.compactMap { self.topics[$0] }.sorted { $0.id < $1.id }
        var subscriptions = AssignmentTask.Subscriptions.same
        if !group.hasEqualSubscriptions {
            let positions = Dictionary(
                topics.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { $1 })
            subscriptions = .each(
                group.order.map { id in
                    group[id].map { group.subscribedTopics(of: $0).compactMap { positions[$0] }.sorted() }
                        ?? []
                })
        }
        return AssignmentTask(
            topics: topics.map { .init(id: $0.id, partitionCount: $0.partitionCount) },
            subscriptions: subscriptions,
            previous: group.orderedTargets)
    }

    /// The assignor that most members ask for, else the first of the broker's.
    func assignor(for group: ConsumerGroup) -> any PartitionAssignor {
        let name = group.preferredAssignor ?? settings.consumerAssignors.first
        return name == RangeAssignor().name ? RangeAssignor() : UniformAssignor()
    }

    /// Brings the member one step nearer to the target assignment.
    ///
    /// - Parameter owned: What the member says it owns, if it did.
    func reconcile(
        _ id: MemberID, in group: ConsumerGroup, owned: PartitionSet?, subscriptionChanged: Bool,
        now: Timestamp
    ) -> ConsumerMember {
        // Its record was applied just now.
        let member = group[id] ?? ConsumerMember(id)
        if !subscriptionChanged && member.hasReached(group.targetEpoch) { return member }
        let subscribed = Set(group.subscribedTopics(of: member).compactMap { topics[$0]?.id })
        let step = Reconciliation(
            target: group.targets[id] ?? PartitionSet(), targetEpoch: group.targetEpoch,
            subscriptionChanged: subscriptionChanged,
            isSubscribed: subscribed.contains,
            isHeldByOther: { partition in group.holders[partition].map { $0 != id } ?? false },
            owned: owned)
        let next = step.next(member)
        guard next != member else { return member }
        append(.consumerCurrent(group.id, id, next.currentValue))
        // Classic members have time-outs of their own, for joining and for syncing.
        if next.state == .unrevoked && !next.isClassic {
            setRevocationDeadline(of: next, in: group.id, now: now)
        } else {
            deadlines.remove(.consumer(group.id, .revocation(id)))
        }
        return next
    }
}
