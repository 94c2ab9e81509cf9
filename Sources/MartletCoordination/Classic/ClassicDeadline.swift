internal import MartletCore

/// What a classic group waits for.
enum ClassicDeadline: Hashable, Sendable {
    /// A sign of life of a member, or the join of one that was given an id.
    case session(MemberID)
    /// All members joining.
    case join
    /// All members asking for their part.
    case sync
}

extension GroupCoordinator {
    /// How long the first join of a member may wait. It cannot send heartbeats and its client may be gone, so
    /// without this a client that gives up and tries again would leave a member behind each time.
    static let newMemberJoinTimeoutMs: Int64 = 300_000

    func classicDeadline(_ id: GroupID, _ deadline: ClassicDeadline, now: Timestamp) {
        guard case .classic(let group)? = groups[id] else { return }
        switch deadline {
        case .session(let member): expireSession(of: member, in: group, now: now)
        case .join:
            if group.gathering?.memberCame == true, group.gathering?.remainingMs != 0 {
                gatherLonger(group, now: now)
            } else {
                completeJoin(group, now: now)
            }
        case .sync: expireSyncs(group, now: now)
        }
    }

    func didLoadClassicGroups(now: Timestamp) {
        for id in groups.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard case .classic(let group)? = groups[id] else { continue }
            startSessions(of: group, now: now)
            if group.memberCount > settings.maximumSize { prepareRebalance(group, now: now) }
        }
    }

    /// Gives each member its full session, from now on.
    func startSessions(of group: ClassicGroup, now: Timestamp) {
        for member in group.members.all { extendSession(of: member, in: group, now: now) }
    }

    func extendSession(of member: ClassicMember, in group: ClassicGroup, now: Timestamp) {
        deadlines.set(
            .classic(group.id, .session(member.id)), now + Int64(member.sessionTimeoutMs))
    }

    private func expireSession(of id: MemberID, in group: ClassicGroup, now: Timestamp) {
        if let member = group.members[id] {
            // Its session begins anew when it is answered.
            guard !member.waitsForAnswer else { return }
            removeMember(member, from: group)
            membersLeft(group, now: now)
        } else if group.pendingMembers.remove(id) != nil, group.state == .preparingRebalance,
            group.allHaveJoined
        {
            completeJoin(group, now: now)
        }
    }

    /// Takes out who has joined a generation and does not ask for its part.
    private func expireSyncs(_ group: ClassicGroup, now: Timestamp) {
        guard group.state == .completingRebalance || group.state == .stable, !group.pendingSyncs.isEmpty
        else { return }
        let late = group.members.all.filter { group.pendingSyncs.contains($0.id) }
        for member in late { removeMember(member, from: group) }
        prepareRebalance(group, now: now)
    }
}
