internal import MartletCore
package import MartletWire

/// Administrators delete groups.
extension GroupCoordinator {
    /// All groups of the request must be this coordinator's.
    package func deleteGroups(_ request: DeleteGroupsRequest, _ call: Call) {
        deleteGroups(request.groups[...], call, DeleteGroupsResponse())
    }

    /// Deletes one group after the other: a share group has state elsewhere, which has to go first.
    private func deleteGroups(_ ids: ArraySlice<GroupID>, _ call: Call, _ response: DeleteGroupsResponse) {
        var rest = ids
        var response = response
        while let id = rest.popFirst() {
            if let group = shareGroup(id) {
                return deleteShareGroup(group) { [rest, response] coordinator, code in
                    var response = response
                    response.groups.append(Self.outcome(id, code))
                    coordinator.deleteGroups(rest, call, response)
                }
            }
            response.groups.append(Self.outcome(id, deleteGroup(id)))
        }
        reply(call.ticket, response)
    }

    private static func outcome(_ id: GroupID, _ code: ErrorCode) -> DeleteGroupsResponse.Group {
        var outcome = DeleteGroupsResponse.Group()
        outcome.id = id
        outcome.errorCode = code
        return outcome
    }

    private func deleteGroup(_ id: GroupID) -> ErrorCode {
        if id.rawValue.isEmpty { return .invalidGroupID }
        guard let group = groups[id]?.coordinated else { return .groupIDNotFound }
        guard group.isEmpty else { return .nonEmptyGroup }
        deleteOffsets(of: id)
        for tombstone in group.tombstones() { append(tombstone) }
        return .none
    }
}
