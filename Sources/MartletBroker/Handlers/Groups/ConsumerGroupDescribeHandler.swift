internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// ConsumerGroupDescribe: the members of consumer groups (KIP-848).
struct ConsumerGroupDescribeHandler: ControlHandler {
    let access: GroupAccess

    func handle(_ request: ConsumerGroupDescribeRequest, from client: Client) async
        -> ConsumerGroupDescribeResponse
    {
        var response = ConsumerGroupDescribeResponse()
        var answered: Set<GroupID> = []
        for group in request.groups where answered.insert(group).inserted {
            var single = request
            single.groups = [group]
            response.groups += await ask(group, single, client).groups
        }
        return response
    }

    private func ask(
        _ group: GroupID, _ request: ConsumerGroupDescribeRequest, _ client: Client
    ) async -> ConsumerGroupDescribeResponse {
        do throws(RequestError) {
            return try await access.ask(group, client) { coordinator, call in
                coordinator.consumerGroupDescribe(request, call)
            }
        } catch {
            var response = ConsumerGroupDescribeResponse()
            var answer = ConsumerGroupDescribeResponse.Group()
            answer.id = group
            answer.errorCode = error.code
            answer.errorMessage = error.message
            response.groups = [answer]
            return response
        }
    }
}
