internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// DeleteGroups: forgets groups without members, and their offsets.
struct DeleteGroupsHandler: ControlHandler {
    let access: GroupAccess

    func handle(_ request: DeleteGroupsRequest, from client: Client) async -> DeleteGroupsResponse {
        var response = DeleteGroupsResponse()
        var answered: Set<GroupID> = []
        for group in request.groups where answered.insert(group).inserted {
            var single = request
            single.groups = [group]
            response.groups += await ask(group, single, client).groups
        }
        return response
    }

    private func ask(
        _ group: GroupID, _ request: DeleteGroupsRequest, _ client: Client
    ) async -> DeleteGroupsResponse {
        do throws(RequestError) {
            return try await access.ask(group, client) { coordinator, call in
                coordinator.deleteGroups(request, call)
            }
        } catch {
            var response = DeleteGroupsResponse()
            var answer = DeleteGroupsResponse.Group()
            answer.id = group
            answer.errorCode = error.code
            answer.errorMessage = error.message
            response.groups = [answer]
            return response
        }
    }
}
