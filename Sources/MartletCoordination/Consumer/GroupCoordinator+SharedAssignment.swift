internal import MartletCore
internal import MartletWire

/// A heartbeat of a member whose place in the group is written down already.
struct ConsumerHeartbeat {
    var ticket: Ticket
    var member: MemberID
    /// What the member says it owns, if it did.
    var owned: PartitionSet?
    /// What it was told to read before.
    var assigned: PartitionSet
    var subscriptionChanged: Bool
    /// It hears what to read although that has not changed.
    var wantsAssignment: Bool
}

/// Members of a large group that come at about the same time share one division of its partitions: dividing
/// costs as much as the group is large, and for each of thousands that join it would be done again. They all
/// hear of it some milliseconds later, as if they had come then.
extension GroupCoordinator {
    /// Members and partitions of a group from which on divisions are shared: one takes a tenth of a
    /// millisecond by then.
    package static var usualSharingThreshold: Int { 1_000 }

    /// Members and partitions that have to be looked at to divide.
    private func divisionCost(of group: ConsumerGroup) -> Int {
        group.members.count + group.dividedPartitionCount
    }

    /// Answers a heartbeat, now or when the partitions have been divided again.
    func finish(_ heartbeat: ConsumerHeartbeat, in group: ConsumerGroup, now: Timestamp) {
        guard group.epoch > group.targetEpoch else { return answer(heartbeat, in: group, now: now) }
        let cost = divisionCost(of: group)
        guard cost >= sharingThreshold else {
            updateTarget(of: group, now: now)
            return answer(heartbeat, in: group, now: now)
        }
        waitingHeartbeats[group.id, default: []].append(heartbeat)
        // So that even a group that changes all the time takes a tenth of the loop at most.
        if deadlines[.division(group.id)] == nil {
            deadlines.set(.division(group.id), now + 5 + Int64(cost / 1_000))
        }
    }

    /// Divides the partitions of a group for all who wait for that.
    func divisionDeadline(_ id: GroupID, now: Timestamp) {
        guard let waiting = waitingHeartbeats.removeValue(forKey: id) else { return }
        let group = consumerGroup(id)
        if let group, group.epoch > group.targetEpoch { updateTarget(of: group, now: now) }
        for heartbeat in waiting {
            // It may have left meanwhile, on another connection.
            if let group, let member = group[heartbeat.member], !member.isClassic,
                member.epoch != .leavingStatic
            {
                answer(heartbeat, in: group, now: now)
            } else {
                reply(
                    heartbeat.ticket,
                    ConsumerGroupHeartbeatResponse {
                        $0.errorCode = .unknownMemberID
                        $0.errorMessage = "Group \(id) has no member \(heartbeat.member) any more."
                    })
            }
        }
    }

    private func answer(_ heartbeat: ConsumerHeartbeat, in group: ConsumerGroup, now: Timestamp) {
        let next = reconcile(
            heartbeat.member, in: group, owned: heartbeat.owned,
            subscriptionChanged: heartbeat.subscriptionChanged, now: now)
        reply(
            heartbeat.ticket,
            ConsumerGroupHeartbeatResponse {
                $0.member = next.id
                $0.memberEpoch = next.epoch
                $0.heartbeatIntervalMs = consumerHeartbeatIntervalMs(group.id)
                if heartbeat.wantsAssignment || next.assigned != heartbeat.assigned {
                    $0.assignment = .init { $0.topicPartitions = next.assigned.topicPartitions }
                }
            })
    }
}
