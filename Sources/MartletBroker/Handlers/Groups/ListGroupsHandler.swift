internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// ListGroups: which groups there are, of all coordinators.
struct ListGroupsHandler: ControlHandler {
    let access: GroupAccess

    func handle(_ request: ListGroupsRequest, from client: Client) async -> ListGroupsResponse {
        var response = ListGroupsResponse()
        do throws(RequestError) {
            let parts: [ListGroupsResponse] = try await access.askAll(client) { coordinator, call in
                coordinator.listGroups(request, call)
            }
            response.groups = parts.flatMap(\.groups)
            response.errorCode = parts.first { $0.errorCode != .none }?.errorCode ?? .none
        } catch {
            response.errorCode = error.code
        }
        return response
    }
}
