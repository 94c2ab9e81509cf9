internal import MartletWire
internal import NIOCore

/// Takes requests from the loops into structured concurrency: each becomes a child task of `run`.
///
/// The queue needs no bound of its own, since each connection may only have so many requests in flight.
struct ControlQueue: Sendable {
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let continuation: AsyncStream<@Sendable () async -> Void>.Continuation

    init() {
        (jobs, continuation) = AsyncStream.makeStream()
    }

    func submit(_ job: @escaping @Sendable () async -> Void) {
        continuation.yield(job)
    }

    /// Runs jobs until `finish`, and those that were submitted before it to their end.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask { await job() }
            }
        }
    }

    func finish() {
        continuation.finish()
    }
}

/// The answer that a task owes to a connection.
struct PendingReply<Response: KafkaResponse>: Sendable {
    private let eventLoop: any EventLoop
    private let context: NIOLoopBound<RequestContext>

    init(_ context: RequestContext) {
        eventLoop = context.shard.eventLoop
        self.context = NIOLoopBound(context, eventLoop: eventLoop)
    }

    func reply(_ response: Response) {
        eventLoop.execute { context.value.reply(response) }
    }
}
