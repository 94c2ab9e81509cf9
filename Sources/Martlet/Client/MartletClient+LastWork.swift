internal import NIOCore
internal import NIOPosix

extension MartletClient {
    /// How long work goes on for a task that has been cancelled.
    static let lastWorkTimeout = Duration.seconds(3)

    /// Does what cancellation must not cut short, such as to store what is done or to end a transaction;
    /// though not for ever, since a broker that does not answer must not keep anybody who was told to stop.
    ///
    /// - Parameter work: Gets cancelled `lastWorkTimeout` after the caller's task.
    func finishing<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value {
        // A task of its own, since a child would be cancelled with its parent; awaited right here.
        let task = Task { await work() }
        let group = configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            group.next().scheduleTask(in: TimeAmount(Self.lastWorkTimeout)) { task.cancel() }
        }
    }

    /// Does what cancellation must not cut short, in a given time, whether or not the caller's task is
    /// cancelled.
    ///
    /// - Parameter work: Gets cancelled when the time is over.
    func finishing<Value: Sendable>(
        within timeout: Duration, _ work: @escaping @Sendable () async -> Value
    ) async -> Value {
        let task = Task { await work() }
        let group = configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
        let limit = group.next().scheduleTask(in: TimeAmount(timeout)) { task.cancel() }
        defer { limit.cancel() }
        return await task.value
    }
}
