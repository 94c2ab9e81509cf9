internal import MartletCore
package import MartletWire

/// Administrators delete groups.
extension GroupCoordinator {
    /// All groups of the request must be this coordinator's.
    package func deleteGroups(_ request: DeleteGroupsRequest, _ call: Call) {
        var response = DeleteGroupsResponse()
        response.groups = request.groups.map { id in
            var outcome = DeleteGroupsResponse.Group()
            outcome.id = id
            outcome.errorCode = deleteGroup(id)
            return outcome
        }
        reply(call.ticket, response)
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
