internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// ShareGroupDescribe: the members of share groups (KIP-932).
struct ShareGroupDescribeHandler: ControlHandler {
    let access: GroupAccess

    func handle(_ request: ShareGroupDescribeRequest, from client: Client) async -> ShareGroupDescribeResponse
    {
        var response = ShareGroupDescribeResponse()
        var answered: Set<GroupID> = []
        for group in request.groups where answered.insert(group).inserted {
            var single = request
            single.groups = [group]
            response.groups += await ask(group, single, client).groups
        }
        return response
    }

    private func ask(
        _ group: GroupID, _ request: ShareGroupDescribeRequest, _ client: Client
    ) async -> ShareGroupDescribeResponse {
        do throws(RequestError) {
            return try await access.ask(group, client) { coordinator, call in
                coordinator.shareGroupDescribe(request, call)
            }
        } catch {
            var response = ShareGroupDescribeResponse()
            var answer = ShareGroupDescribeResponse.Group()
            answer.id = group
            answer.errorCode = error.code
            answer.errorMessage = error.message
            response.groups = [answer]
            return response
        }
    }
}
