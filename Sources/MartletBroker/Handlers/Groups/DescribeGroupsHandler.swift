internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// DescribeGroups: the members of classic groups.
struct DescribeGroupsHandler: ControlHandler {
    let access: GroupAccess

    func handle(_ request: DescribeGroupsRequest, from client: Client) async -> DescribeGroupsResponse {
        var response = DescribeGroupsResponse()
        var answered: Set<GroupID> = []
        for group in request.groups where answered.insert(group).inserted {
            var single = request
            single.groups = [group]
            response.groups += await ask(group, single, client).groups
        }
        return response
    }

    private func ask(
        _ group: GroupID, _ request: DescribeGroupsRequest, _ client: Client
    ) async -> DescribeGroupsResponse {
        do throws(RequestError) {
            return try await access.ask(group, client) { coordinator, call in
                coordinator.describeGroups(request, call)
            }
        } catch {
            var response = DescribeGroupsResponse()
            var answer = DescribeGroupsResponse.Group()
            answer.id = group
            answer.errorCode = error.code
            answer.errorMessage = error.message
            response.groups = [answer]
            return response
        }
    }
}
