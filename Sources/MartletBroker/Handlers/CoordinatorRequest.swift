internal import MartletCoordination
internal import MartletCore
internal import MartletWire
internal import NIOCore

/// A request that goes to one coordinator: that of a group, or of a transactional id.
protocol CoordinatorRequest: KafkaRequest {
    associatedtype Machine: CoordinatorMachine

    /// What the coordinator looks after, and is found by.
    var coordinatorKey: String { get }
    func perform(_ coordinator: Machine, _ call: Call)
    /// The answer if there is no coordinator to ask.
    func refusal(_ code: ErrorCode) -> Response
}

/// A request that concerns one group.
protocol GroupRequest: CoordinatorRequest where Machine == GroupCoordinator {
    var group: GroupID { get }
}

extension GroupRequest {
    var coordinatorKey: String { group.rawValue }
}

/// Hands a request to the coordinator that it concerns, on the loop that owns it.
struct CoordinatorRequestHandler<Request: CoordinatorRequest>: LoopHandler {
    let access: CoordinatorAccess<Request.Machine>

    func handle(_ request: Request, _ context: RequestContext) {
        let eventLoop = context.shard.eventLoop
        let bound = NIOLoopBound(context, eventLoop: eventLoop)
        // A member may wait for others for minutes. A broker that stops does not.
        context.onDrain = { bound.value.reply(request.refusal(.notCoordinator)) }
        let caller = Caller(context.header, context.connection)
        access.submit(request.coordinatorKey, caller, from: context.shard) { coordinator, call in
            request.perform(coordinator, call)
        } _: { answer in
            if eventLoop.inEventLoop {
                Self.reply(answer, request, bound.value)
            } else {
                eventLoop.execute { Self.reply(answer, request, bound.value) }
            }
        }
    }

    private static func reply(_ answer: CoordinatorAnswer, _ request: Request, _ context: RequestContext) {
        switch answer {
        case .success(let response):
            guard let response = response as? Request.Response else {
                return context.reply(request.refusal(.unknownServerError))
            }
            context.reply(response)
        case .failure(let unavailable):
            context.reply(request.refusal(unavailable.code))
        }
    }
}
