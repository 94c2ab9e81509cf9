internal import MartletCore
package import MartletWire

/// Members ask for their part; the leader brings all parts with it.
extension GroupCoordinator {
    package func syncGroup(_ request: SyncGroupRequest, _ call: Call) {
        if request.group.rawValue.isEmpty { return refuseSync(call.ticket, .invalidGroupID) }
        switch groups[request.group] {
        case .classic(let group) where !group.isEmpty: sync(group, request, call)
        case .consumer(let group) where !group.isEmpty: classicSync(group, request, call)
        case .classic, .consumer, .share, nil: refuseSync(call.ticket, .unknownMemberID)
        }
    }

    private func sync(_ group: ClassicGroup, _ request: SyncGroupRequest, _ call: Call) {
        if let error = group.validate(request.member, request.instance, request.generation) {
            return refuseSync(call.ticket, error)
        }
        if let type = request.protocolType, type != group.protocolType {
            return refuseSync(call.ticket, .inconsistentGroupProtocol)
        }
        if let name = request.protocolName, name != group.protocolName {
            return refuseSync(call.ticket, .inconsistentGroupProtocol)
        }
        guard let member = group.members[request.member] else { return }
        switch group.state {
        case .empty:
            refuseSync(call.ticket, .unknownMemberID)
        case .preparingRebalance:
            refuseSync(call.ticket, .rebalanceInProgress)
        case .completingRebalance:
            // The client asks once more: what it asked before, on a connection that it gave up, is over.
            if let sync = member.sync { refuseSync(sync.ticket, .rebalanceInProgress) }
            member.sync = .init(call)
            noteSync(member, in: group)
            if group.leader == member.id { completeSync(group, request.assignments, now: call.now) }
        case .stable:
            noteSync(member, in: group)
            reply(call.ticket, part(of: member, in: group))
        }
    }

    private func noteSync(_ member: ClassicMember, in group: ClassicGroup) {
        group.pendingSyncs.remove(member.id)
        if group.pendingSyncs.isEmpty { deadlines.remove(.classic(group.id, .sync)) }
    }

    /// Keeps the assignments, and gives each member that waits its part.
    private func completeSync(
        _ group: ClassicGroup, _ assignments: [SyncGroupRequest.Assignment], now: Timestamp
    ) {
        var parts: [MemberID: Bytes] = [:]
        for assignment in assignments { parts[assignment.member] = assignment.assignment }
        let value = group.value(assignments: parts, now: now)
        guard value.isWithinRecordLimits else {
            for member in group.members.all { replySync(member, in: group, .unknownServerError, now: now) }
            return prepareRebalance(group, now: now)
        }
        append(.classicGroup(group.id, value))
        for member in group.members.all { replySync(member, in: group, now: now) }
    }
}
