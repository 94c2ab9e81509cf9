internal import MartletCore
internal import MartletWire

/// Members that speak the classic protocol in a group of consumers.
extension GroupCoordinator {
    func classicJoin(_ group: ConsumerGroup, _ request: JoinGroupRequest, _ call: Call) {
        refuseJoin(call.ticket, .inconsistentGroupProtocol, request.member)
    }

    func classicSync(_ group: ConsumerGroup, _ request: SyncGroupRequest, _ call: Call) {
        refuseSync(call.ticket, .unknownMemberID)
    }

    func classicHeartbeat(_ group: ConsumerGroup, _ request: HeartbeatRequest, _ call: Call) {
        replyHeartbeat(.unknownMemberID, call)
    }

    func classicLeave(_ group: ConsumerGroup, _ request: LeaveGroupRequest, _ call: Call) {
        replyLeave(request.members.map { ($0, .unknownMemberID) }, call)
    }
}
