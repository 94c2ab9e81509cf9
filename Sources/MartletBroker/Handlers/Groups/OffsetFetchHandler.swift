internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// OffsetFetch: how far groups have come.
struct OffsetFetchHandler: ControlHandler {
    let access: GroupAccess

    /// From here on a request may name several groups.
    private static let firstVersionWithGroups: Int16 = 8

    func handle(_ request: OffsetFetchRequest, from client: Client) async -> OffsetFetchResponse {
        guard client.version >= Self.firstVersionWithGroups else {
            return await ask(request.group, request, client)
        }
        var response = OffsetFetchResponse()
        for group in request.groups {
            var single = request
            single.groups = [group]
            response.groups += await ask(group.id, single, client).groups
        }
        return response
    }

    private func ask(
        _ group: GroupID, _ request: OffsetFetchRequest, _ client: Client
    ) async -> OffsetFetchResponse {
        do throws(RequestError) {
            return try await access.ask(group, client) { coordinator, call in
                coordinator.offsetFetch(request, call)
            }
        } catch {
            return refusal(error.code, request, client)
        }
    }

    private func refusal(
        _ code: ErrorCode, _ request: OffsetFetchRequest, _ client: Client
    ) -> OffsetFetchResponse {
        var response = OffsetFetchResponse()
        response.errorCode = code
        // Version 1 has room for errors at the partitions alone.
        response.topics = (request.topics ?? []).map { topic in
            var answer = OffsetFetchResponse.Topic()
            answer.name = topic.name
            answer.partitions = topic.partitions.map { index in
                var answer = OffsetFetchResponse.Partition()
                answer.index = index
                answer.offset = .none
                answer.metadata = ""
                answer.errorCode = code
                return answer
            }
            return answer
        }
        response.groups = request.groups.map { group in
            var answer = OffsetFetchResponse.Group()
            answer.id = group.id
            answer.errorCode = code
            return answer
        }
        return response
    }
}
