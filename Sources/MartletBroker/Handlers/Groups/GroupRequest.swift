internal import MartletCoordination
internal import MartletCore
internal import MartletWire
internal import NIOCore

/// A request that concerns one group, and so goes to one coordinator.
protocol GroupRequest: KafkaRequest {
    var group: GroupID { get }
    func perform(_ coordinator: GroupCoordinator, _ call: Call)
    /// The answer if there is no coordinator to ask.
    func refusal(_ code: ErrorCode) -> Response
}

/// Hands a request to the coordinator of its group, on the loop that owns it.
struct GroupRequestHandler<Request: GroupRequest>: LoopHandler {
    let access: GroupAccess

    func handle(_ request: Request, _ context: RequestContext) {
        let eventLoop = context.shard.eventLoop
        let bound = NIOLoopBound(context, eventLoop: eventLoop)
        // A member may wait for others for minutes. A broker that stops does not.
        context.onDrain = { bound.value.reply(request.refusal(.notCoordinator)) }
        let caller = Caller(context.header, context.connection)
        access.submit(request.group, caller, from: context.shard) { coordinator, call in
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
