internal import MartletCore
package import MartletWire

/// Members leave, or are made to.
extension GroupCoordinator {
    package func leaveGroup(_ request: LeaveGroupRequest, _ call: Call) {
        if request.group.rawValue.isEmpty {
            var response = LeaveGroupResponse()
            response.errorCode = .invalidGroupID
            return reply(call.ticket, response)
        }
        var request = request
        if call.version < 3 {
            var member = LeaveGroupRequest.Member()
            member.id = request.member
            request.members = [member]
        }
        switch groups[request.group] {
        case .classic(let group): leave(group, request, call)
        case .consumer(let group): classicLeave(group, request, call)
        case .share, nil: replyLeave(request.members.map { ($0, .unknownMemberID) }, call)
        }
    }

    private func leave(_ group: ClassicGroup, _ request: LeaveGroupRequest, _ call: Call) {
        let outcomes = request.members.map { ($0, leave(group, $0)) }
        if outcomes.contains(where: { $0.1 == .none }) {
            switch group.state {
            case .stable, .completingRebalance: prepareRebalance(group, now: call.now)
            case .preparingRebalance: completeJoinIfAllAreThere(group, now: call.now)
            case .empty: break
            }
        }
        replyLeave(outcomes, call)
    }

    private func leave(_ group: ClassicGroup, _ leaving: LeaveGroupRequest.Member) -> ErrorCode {
        var id = leaving.id
        if id.rawValue.isEmpty {
            // An administrator takes out static members by their names.
            guard let current = leaving.instance.flatMap({ group.staticMembers[$0] }) else {
                return .unknownMemberID
            }
            id = current
        } else if group.pendingMembers.remove(id) != nil {
            deadlines.remove(.classic(group.id, .session(id)))
            return .none
        } else if let error = group.validate(id, leaving.instance) {
            return error
        }
        if let member = group.members[id] { removeMember(member, from: group) }
        return .none
    }

    /// Says what became of each member; before version 3 there is one, and its error is that of the request.
    func replyLeave(_ outcomes: [(LeaveGroupRequest.Member, ErrorCode)], _ call: Call) {
        var response = LeaveGroupResponse()
        if call.version < 3 {
            response.errorCode = outcomes.first?.1 ?? .none
        } else {
            response.members = outcomes.map { leaving, error in
                var member = LeaveGroupResponse.Member()
                member.id = leaving.id
                member.instance = leaving.instance
                member.errorCode = error
                return member
            }
        }
        reply(call.ticket, response)
    }
}
