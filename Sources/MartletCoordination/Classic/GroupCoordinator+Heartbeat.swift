internal import MartletCore
package import MartletWire

/// Members show that they live.
extension GroupCoordinator {
    package func heartbeat(_ request: HeartbeatRequest, _ call: Call) {
        if request.group.rawValue.isEmpty { return replyHeartbeat(.invalidGroupID, call) }
        switch groups[request.group] {
        case .classic(let group): heartbeat(group, request, call)
        case .consumer(let group): classicHeartbeat(group, request, call)
        case .share, nil: replyHeartbeat(.unknownMemberID, call)
        }
    }

    private func heartbeat(_ group: ClassicGroup, _ request: HeartbeatRequest, _ call: Call) {
        if let error = group.validate(request.member, request.instance, request.generation) {
            return replyHeartbeat(error, call)
        }
        guard group.state != .empty, let member = group.members[request.member] else {
            return replyHeartbeat(.unknownMemberID, call)
        }
        extendSession(of: member, in: group, now: call.now)
        replyHeartbeat(group.state == .preparingRebalance ? .rebalanceInProgress : .none, call)
    }

    func replyHeartbeat(_ error: ErrorCode, _ call: Call) {
        var response = HeartbeatResponse()
        response.errorCode = error
        reply(call.ticket, response)
    }
}
