internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// DescribeShareGroupOffsets: how far share groups have come.
struct DescribeShareGroupOffsetsHandler: ControlHandler {
    let access: GroupAccess

    func handle(_ request: DescribeShareGroupOffsetsRequest, from client: Client) async
        -> DescribeShareGroupOffsetsResponse
    {
        var response = DescribeShareGroupOffsetsResponse()
        var answered: Set<GroupID> = []
        for group in request.groups where answered.insert(group.id).inserted {
            var single = request
            single.groups = [group]
            response.groups += await ask(group.id, single, client).groups
        }
        return response
    }

    private func ask(
        _ group: GroupID, _ request: DescribeShareGroupOffsetsRequest, _ client: Client
    ) async -> DescribeShareGroupOffsetsResponse {
        do throws(RequestError) {
            return try await access.ask(group, client) { coordinator, call in
                coordinator.describeShareGroupOffsets(request, call)
            }
        } catch {
            var response = DescribeShareGroupOffsetsResponse()
            var answer = DescribeShareGroupOffsetsResponse.Group()
            answer.id = group
            answer.errorCode = error.code
            answer.errorMessage = error.message
            response.groups = [answer]
            return response
        }
    }
}
