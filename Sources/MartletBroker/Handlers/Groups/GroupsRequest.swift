internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// A request that concerns several groups, each of which may have another coordinator.
protocol GroupsRequest: KafkaRequest where Response: GroupsResponse {
    associatedtype AskedGroup: Sendable

    var groups: [AskedGroup] { get set }
    static func id(of group: AskedGroup) -> GroupID
    /// Called with one group at a time, at its coordinator.
    func perform(_ coordinator: GroupCoordinator, _ call: Call)
    /// Adds what the coordinator does not know.
    func complete(_ answer: inout Response.Group)
}

extension GroupsRequest {
    func complete(_ answer: inout Response.Group) {}
}

extension GroupsRequest where AskedGroup == GroupID {
    static func id(of group: GroupID) -> GroupID { group }
}

/// A response with an answer for each of several groups.
protocol GroupsResponse: KafkaResponse {
    associatedtype Group: AnsweredGroup

    var groups: [Group] { get set }
}

/// What is said of one group.
protocol AnsweredGroup: Sendable {
    init()
    var id: GroupID { get set }
    var errorCode: ErrorCode { get set }
    var errorMessage: String? { get set }
}

/// Asks the coordinators of the groups one after the other. However often a request names a group, it is
/// answered once: the answer must not outgrow what was asked.
struct GroupsRequestHandler<Request: GroupsRequest>: ControlHandler {
    let access: GroupAccess

    func handle(_ request: Request, from client: Client) async -> Request.Response {
        var response = Request.Response()
        var answered: Set<GroupID> = []
        for group in request.groups where answered.insert(Request.id(of: group)).inserted {
            var single = request
            single.groups = [group]
            response.groups += await ask(Request.id(of: group), single, client)
        }
        return response
    }

    private func ask(
        _ group: GroupID, _ request: Request, _ client: Client
    ) async -> [Request.Response.Group] {
        var answers: [Request.Response.Group]
        do throws(RequestError) {
            let response: Request.Response = try await access.ask(group, client) { coordinator, call in
                request.perform(coordinator, call)
            }
            answers = response.groups
        } catch {
            var answer = Request.Response.Group()
            answer.id = group
            answer.errorCode = error.code
            answer.errorMessage = error.message
            return [answer]
        }
        for index in answers.indices where answers[index].errorCode == .none {
            request.complete(&answers[index])
        }
        return answers
    }
}
