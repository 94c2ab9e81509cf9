internal import MartletCore
package import MartletWire

/// Members come, and come again.
extension GroupCoordinator {
    package func joinGroup(_ request: JoinGroupRequest, _ call: Call) {
        if request.group.rawValue.isEmpty {
            return refuseJoin(call.ticket, .invalidGroupID, request.member)
        }
        guard settings.sessionTimeoutMs.contains(request.sessionTimeoutMs) else {
            return refuseJoin(call.ticket, .invalidSessionTimeout, request.member)
        }
        guard request.isWithinRecordLimits else {
            return refuseJoin(call.ticket, .invalidRequest, request.member)
        }
        switch groups[request.group] {
        case .classic(let group): join(group, request, call)
        case .consumer(let group) where !group.isEmpty: classicJoin(group, request, call)
        case .share: refuseJoin(call.ticket, .inconsistentGroupProtocol, MemberID())
        case .consumer, nil: joinNewGroup(request, call)
        }
    }

    /// The first member of a group makes it; an empty group of consumers is no hindrance.
    private func joinNewGroup(_ request: JoinGroupRequest, _ call: Call) {
        guard request.member.rawValue.isEmpty else {
            return refuseJoin(call.ticket, .unknownMemberID, request.member)
        }
        guard !request.protocolType.isEmpty, !request.protocols.isEmpty else {
            return refuseJoin(call.ticket, .inconsistentGroupProtocol, MemberID())
        }
        if let former = groups[request.group] {
            for tombstone in former.coordinated.tombstones() { append(tombstone) }
        }
        createClassicGroup(request.group, now: call.now)
        guard case .classic(let group)? = groups[request.group] else { return }
        join(group, request, call)
    }

    private func join(_ group: ClassicGroup, _ request: JoinGroupRequest, _ call: Call) {
        guard hasRoom(for: request.member, in: group) else {
            if let member = group.members[request.member] { removeMember(member, from: group) }
            group.pendingMembers.remove(request.member)
            completeJoinIfAllAreThere(group, now: call.now)
            return refuseJoin(call.ticket, .groupMaxSizeReached, MemberID())
        }
        guard group.supports(request.protocolType, request.protocols) else {
            return refuseJoin(call.ticket, .inconsistentGroupProtocol, request.member)
        }
        if request.member.rawValue.isEmpty {
            joinUnknown(group, request, call)
        } else if group.pendingMembers.contains(request.member), request.instance == nil {
            addMember(request.member, to: group, request, call)
        } else if let error = group.validate(request.member, request.instance) {
            refuseJoin(call.ticket, error, request.member)
        } else if let member = group.members[request.member] {
            joinAgain(member, group, request, call)
        }
    }

    /// A group that is too large, as its limit was lowered, shrinks when its members join again: the last to
    /// come find no room.
    private func hasRoom(for id: MemberID, in group: ClassicGroup) -> Bool {
        switch group.state {
        case .empty: true
        case .preparingRebalance:
            group.members[id]?.join != nil || group.joinCount < settings.maximumSize
        case .completingRebalance, .stable:
            group.members[id] != nil || group.memberCount < settings.maximumSize
        }
    }

    // MARK: Without a member id

    private func joinUnknown(_ group: ClassicGroup, _ request: JoinGroupRequest, _ call: Call) {
        let id = newMemberID(request.instance?.rawValue ?? call.clientID)
        if let instance = request.instance {
            if let former = group.staticMembers[instance].flatMap({ group.members[$0] }) {
                replaceStatic(former, by: id, group, request, call)
            } else {
                addMember(id, to: group, request, call)
            }
        } else if call.version >= 4 {
            // The client joins again with the id, so a join whose answer got lost leaves no member behind.
            group.pendingMembers.insert(id)
            deadlines.set(
                .classic(group.id, .session(id)), call.now + Int64(request.sessionTimeoutMs))
            refuseJoin(call.ticket, .memberIDRequired, id)
        } else {
            addMember(id, to: group, request, call)
        }
    }

    /// A name that nobody else has, and that tells people whose it is.
    private func newMemberID(_ prefix: String) -> MemberID {
        MemberID(rawValue: "\(prefix)-\(RandomUUID.text(using: &random))")
    }

    private func addMember(
        _ id: MemberID, to group: ClassicGroup, _ request: JoinGroupRequest, _ call: Call
    ) {
        let member = ClassicMember(id, request, call)
        member.isNew = true
        group.gathering?.memberCame = true
        group.add(member)
        keepName(of: member, in: group)
        group.setJoin(.init(call), of: member)
        deadlines.set(.classic(group.id, .session(id)), call.now + Self.newMemberJoinTimeoutMs)
        membersChanged(group, now: call.now)
    }

    /// A static member is back, under a new id. What it had is kept, and whoever still uses the former id is
    /// fenced.
    private func replaceStatic(
        _ former: ClassicMember, by id: MemberID, _ group: ClassicGroup, _ request: JoinGroupRequest,
        _ call: Call
    ) {
        let formerLeader = group.leader
        if let join = former.join { refuseJoin(join.ticket, .fencedInstanceID, former.id) }
        if let sync = former.sync { refuseSync(sync.ticket, .fencedInstanceID) }
        former.sync = nil
        deadlines.remove(.classic(group.id, .session(former.id)))
        let member = ClassicMember(id, inPlaceOf: former, call)
        group.replace(former, by: member)
        group.update(member, request)
        extendSession(of: member, in: group, now: call.now)

        let value = group.value(now: call.now)
        if group.state == .stable, group.protocolName == group.selectProtocol(), value.isWithinRecordLimits {
            // The generation goes on. The log must know the new id before the member does.
            append(.classicGroup(group.id, value))
            var response = generation(of: group, for: member, version: call.version)
            if call.version >= 9 {
                response.skipAssignment = group.leader == id
            } else {
                // A leader would divide anew, which only a rebalance may ask for: it is not told.
                response.leader = formerLeader ?? MemberID()
                response.members = []
            }
            return reply(call.ticket, response)
        }
        keepName(of: member, in: group)
        group.setJoin(.init(call), of: member)
        // In CompletingRebalance the leader may know the former id already, and assign to nobody: all join.
        membersChanged(group, now: call.now)
    }

    /// If the rebalance is lost with the broker, the generation before comes back. It must know the id that
    /// a static member has by now, or it would fence who has it.
    private func keepName(of member: ClassicMember, in group: ClassicGroup) {
        if let value = group.kept(naming: member) { append(.classicGroup(group.id, value)) }
    }

    // MARK: With a member id

    private func joinAgain(
        _ member: ClassicMember, _ group: ClassicGroup, _ request: JoinGroupRequest, _ call: Call
    ) {
        let changesNothing: Bool
        switch group.state {
        case .empty: return refuseJoin(call.ticket, .unknownMemberID, member.id)
        case .preparingRebalance: changesNothing = false
        // It did not hear of the generation that has just begun.
        case .completingRebalance: changesNothing = member.matches(request)
        // The leader joins again when it knows of a change that members do not show, as of partitions.
        case .stable: changesNothing = member.matches(request) && group.leader != member.id
        }
        if changesNothing {
            return reply(call.ticket, generation(of: group, for: member, version: call.version))
        }
        // The client asks once more: what it asked before, on a connection that it gave up, is over.
        if let join = member.join { refuseJoin(join.ticket, .rebalanceInProgress, member.id) }
        group.update(member, request)
        group.setJoin(.init(call), of: member)
        membersChanged(group, now: call.now)
    }
}
