internal import MartletCore
internal import MartletWire

/// How classic groups go from one generation to the next.
///
/// All members join (PreparingRebalance); when they have, or their time is up, a generation begins and each
/// gets the answer to its join (CompletingRebalance); the leader brings the assignments, which are written
/// to the log, and each gets its part (Stable).
extension GroupCoordinator {
    func applyClassicGroup(_ id: GroupID, _ value: ClassicGroupValue?) {
        guard let value else {
            if case .classic? = groups[id] { groups[id] = nil }
            return
        }
        if case .classic(let group)? = groups[id] { return group.adopt(value) }
        let group = ClassicGroup(id)
        group.adopt(value)
        groups[id] = .classic(group)
    }

    /// Makes a group that nobody has joined yet.
    func createClassicGroup(_ id: GroupID, now: Timestamp) {
        append(.classicGroup(id, ClassicGroup.emptyValue(now: now)))
    }

    // MARK: Joining

    /// Somebody came or changed: all must join again, if they are not about to already.
    func membersChanged(_ group: ClassicGroup, now: Timestamp) {
        if group.state == .preparingRebalance {
            completeJoinIfAllAreThere(group, now: now)
        } else {
            prepareRebalance(group, now: now)
        }
    }

    /// Somebody is gone: the others must join again, or need not wait any longer.
    func membersLeft(_ group: ClassicGroup, now: Timestamp) {
        switch group.state {
        case .stable, .completingRebalance: prepareRebalance(group, now: now)
        case .preparingRebalance where group.allHaveJoined: completeJoin(group, now: now)
        case .preparingRebalance, .empty: break
        }
    }

    /// Makes all members join again. The first of an empty group are waited for a while, as others will come.
    func prepareRebalance(_ group: ClassicGroup, now: Timestamp) {
        if group.state == .completingRebalance {
            for member in group.members.all {
                member.assignment = .empty
                replySync(member, in: group, .rebalanceInProgress, now: now)
            }
        }
        group.pendingSyncs = []
        deadlines.remove(.classic(group.id, .sync))
        let isFirst = group.state == .empty
        group.state = .preparingRebalance
        if isFirst {
            let delay = settings.initialRebalanceDelayMs
            group.gathering = .init(
                delayMs: delay, remainingMs: max(group.rebalanceTimeoutMs - delay, 0))
            deadlines.set(.classic(group.id, .join), now + delay)
        } else if group.allHaveJoined {
            completeJoin(group, now: now)
        } else {
            deadlines.set(.classic(group.id, .join), now + group.rebalanceTimeoutMs)
        }
    }

    /// Waits once more, as members came while the first were waited for.
    func gatherLonger(_ group: ClassicGroup, now: Timestamp) {
        guard let gathering = group.gathering else { return }
        let delay = min(settings.initialRebalanceDelayMs, gathering.remainingMs)
        group.gathering = .init(
            delayMs: delay, remainingMs: max(gathering.remainingMs - gathering.delayMs, 0))
        deadlines.set(.classic(group.id, .join), now + delay)
    }

    func completeJoinIfAllAreThere(_ group: ClassicGroup, now: Timestamp) {
        guard group.state == .preparingRebalance, group.gathering == nil, group.allHaveJoined else { return }
        completeJoin(group, now: now)
    }

    /// Begins the next generation with those who have joined. Static members may be late: they stay.
    func completeJoin(_ group: ClassicGroup, now: Timestamp) {
        guard group.state == .preparingRebalance else { return }
        deadlines.remove(.classic(group.id, .join))
        group.gathering = nil
        for member in group.members.all where member.join == nil && member.instance == nil {
            removeMember(member, from: group)
        }
        if group.members.isEmpty {
            var value = group.value(now: now)
            value.generation = group.nextGeneration
            value.protocolName = nil
            return append(.classicGroup(group.id, value))
        }
        guard group.electJoinedLeader() else {
            // Only static members are left and none has joined: until one does, or their sessions end.
            return deadlines.set(.classic(group.id, .join), now + group.rebalanceTimeoutMs)
        }
        group.beginGeneration()
        for member in group.members.all {
            replyJoin(member, in: group)
            member.isNew = false
            extendSession(of: member, in: group, now: now)
            group.pendingSyncs.insert(member.id)
        }
        deadlines.set(.classic(group.id, .sync), now + group.rebalanceTimeoutMs)
    }

    // MARK: Members

    /// Takes a member out. Whatever it waits for is answered such that it would join anew.
    func removeMember(_ member: ClassicMember, from group: ClassicGroup) {
        deadlines.remove(.classic(group.id, .session(member.id)))
        if let join = member.join { refuseJoin(join.ticket, .unknownMemberID, MemberID()) }
        if let sync = member.sync { refuseSync(sync.ticket, .unknownMemberID) }
        member.sync = nil
        group.remove(member.id)
    }

    /// Ends all that members wait for: the group is about to become one of another kind.
    func refuseAllWaiting(in group: ClassicGroup, _ error: ErrorCode) {
        for member in group.members.all {
            if let join = member.join { refuseJoin(join.ticket, error, member.id) }
            group.setJoin(nil, of: member)
            if let sync = member.sync { refuseSync(sync.ticket, error) }
            member.sync = nil
        }
    }

    // MARK: Answers

    func refuseJoin(_ ticket: Ticket, _ error: ErrorCode, _ member: MemberID) {
        var response = JoinGroupResponse()
        response.errorCode = error
        response.member = member
        reply(ticket, response)
    }

    func refuseSync(_ ticket: Ticket, _ error: ErrorCode) {
        var response = SyncGroupResponse()
        response.errorCode = error
        reply(ticket, response)
    }

    /// Tells a member of the generation, if it waits for that.
    func replyJoin(_ member: ClassicMember, in group: ClassicGroup) {
        guard let join = member.join else { return }
        group.setJoin(nil, of: member)
        reply(join.ticket, generation(of: group, for: member, version: join.version))
    }

    /// The group's generation as a member learns of it; the leader learns who the members are, too.
    func generation(
        of group: ClassicGroup, for member: ClassicMember, version: Int16
    ) -> JoinGroupResponse {
        var response = JoinGroupResponse()
        response.generation = group.generation
        response.protocolType = group.protocolType
        response.protocolName = group.protocolName ?? (version < 7 ? "" : nil)
        response.leader = group.leader ?? MemberID()
        response.member = member.id
        if group.leader == member.id {
            response.members = group.members.all.map { member in
                var entry = JoinGroupResponse.Member()
                entry.id = member.id
                entry.instance = member.instance
                entry.metadata = member.metadata(for: group.protocolName)
                return entry
            }
        }
        return response
    }

    /// Gives a member its part, or an error in its place, if it waits for that.
    func replySync(
        _ member: ClassicMember, in group: ClassicGroup, _ error: ErrorCode = .none, now: Timestamp
    ) {
        guard let sync = member.sync else { return }
        member.sync = nil
        if error == .none {
            reply(sync.ticket, part(of: member, in: group))
        } else {
            refuseSync(sync.ticket, error)
        }
        // A session that ended meanwhile went unnoticed, as the member could not send heartbeats.
        extendSession(of: member, in: group, now: now)
    }

    func part(of member: ClassicMember, in group: ClassicGroup) -> SyncGroupResponse {
        var response = SyncGroupResponse()
        response.protocolType = group.protocolType
        response.protocolName = group.protocolName
        response.assignment = member.assignment
        return response
    }
}
