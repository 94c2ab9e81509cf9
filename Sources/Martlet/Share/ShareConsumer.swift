internal import Logging
internal import MartletCore
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Takes records from topics as a member of a share group, as from a queue: each goes to one member, which
/// says what became of it (KIP-932).
///
///     let configuration = ShareConsumerConfiguration(group: "workers", topics: "jobs")
///     try await client.withShareConsumer(configuration) { consumer in
///         for try await batch in consumer.batches {
///             for record in batch {
///                 consumer.acknowledge(record, await work(on: record) ? .accept : .release)
///             }
///         }
///     }
///
/// A record of which nothing has been said by the next `poll` counts as accepted, unless
/// `RecordCompletion.explicit` is chosen: then `poll` refuses. What is said is sent along with the next
/// request for records, or by `commit`. Records of a member that goes down are given to others, at the latest
/// when the group's lock on them runs out.
///
/// `run` keeps the member in its group and does all talking to brokers, so that a call which is cancelled
/// loses nothing. One task at a time may poll; the other methods may be called from any.
public final class ShareConsumer: Sendable {
    public let configuration: ShareConsumerConfiguration
    let client: MartletClient
    /// Connections for records: share sessions live by them.
    let pool: ConnectionPool
    /// Connections for heartbeats, which would wait behind a request for records.
    let coordinatorPool: ConnectionPool
    let state: Mutex<ShareConsumerState>
    /// Wakes the loop in `run`.
    let wakeup: Wakeup
    /// Wakes who polls.
    let arrivals: Wakeup
    private let eventLoop: any EventLoop

    /// How long the loop may take to finish what it is just doing.
    private static let stopTimeout = Duration.seconds(3)

    init(client: MartletClient, configuration: ShareConsumerConfiguration) throws(MartletError) {
        try configuration.validate()
        self.client = client
        self.configuration = configuration
        pool = client.makePool()
        coordinatorPool = client.makePool()
        let group = client.configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
        eventLoop = group.next()
        wakeup = Wakeup(eventLoop: eventLoop)
        arrivals = Wakeup(eventLoop: eventLoop)
        var random = SystemRandomNumberGenerator()
        state = Mutex(ShareConsumerState(id: MemberID(TopicID.random(using: &random).description)))
    }

    deinit { closePools() }

    private func closePools() {
        pool.close()
        coordinatorPool.close()
    }

    /// The partitions that the member takes from now, in order.
    public var assignment: [TopicPartition] {
        let names = client.metadata.names
        return state.withLock { $0.assignment }.flatMap { id, partitions in
            names[id].map { name in partitions.map { TopicPartition(name, $0) } } ?? []
        }.sorted()
    }

    /// What the group calls this member.
    public var memberID: MemberID { state.withLock { $0.id } }

    /// How long the group's lock on a record lasts; nil before a broker has said it.
    public var lockDuration: Duration? { state.withLock { $0.lockDuration } }

    var logger: Logger { client.configuration.logger }

    // MARK: Life

    /// Keeps the member in its group until its task is cancelled or its service asked to end; then sends what
    /// is said, gives back the rest, and leaves.
    ///
    /// Call it once.
    public func run() async throws(MartletError) {
        await drainingOnShutdown { await runLoop() }
        try await leave()
    }

    /// Joins and stays until `end` is called or the task cancelled. What is to be said in the end is up to
    /// `leave`.
    func runLoop() async {
        let isFirst = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning && state.ending == nil
        }
        guard isFirst else { return }
        // A task of its own, which cancellation does not cut short: the answer to a request that is under way
        // tells what is ours and what was noted.
        let loop = Task { await self.work() }
        let eventLoop = eventLoop
        await withTaskCancellationHandler {
            await loop.value
        } onCancel: {
            stop()
            // A broker that does not answer must not keep us for ever.
            eventLoop.scheduleTask(in: TimeAmount(Self.stopTimeout)) { loop.cancel() }
        }
        state.withLock { $0.isRunning = false }
    }

    private func work() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepMembership() }
            await self.exchangeAll()
            group.cancelAll()
        }
    }

    private func stop() {
        state.withLock { $0.isStopping = true }
        wakeup.signal()
    }

    /// Hands out nothing more, and lets `runLoop` end.
    func end(_ error: MartletError) {
        state.withLock { state in
            state.ending = state.ending ?? error
            state.isStopping = true
        }
        wakeup.signal()
        arrivals.signal()
    }

    /// Sends what is said, gives back what nothing was said of, and leaves; whether or not the task is
    /// cancelled.
    ///
    /// - Throws: If what was said could not be sent, so that records will come again.
    func leave() async throws(MartletError) {
        end(.closed("the share consumer"))
        let isFirst = state.withLock { state in
            defer { state.hasLeft = true }
            return !state.hasLeft
        }
        guard isFirst else { return }
        // A task of its own, since a member that is told to stop by cancellation must still say goodbye;
        // awaited right here.
        let result = await Task { () async -> Result<Void, MartletError> in
            let failure = await self.endSessions()
            await self.sayGoodbye()
            return failure.map { .failure($0) } ?? .success(())
        }.value
        closePools()
        try result.get()
    }
}

extension MartletClient {
    /// Makes a member of a share group; its `run` must be called.
    public func makeShareConsumer(
        _ configuration: ShareConsumerConfiguration
    ) throws(MartletError) -> ShareConsumer {
        try ShareConsumer(client: self, configuration: configuration)
    }

    /// Runs a member of a share group while `body` uses it; then sends what was said, and leaves.
    ///
    /// When `body` returns, all that it was handed and said nothing of counts as accepted, unless
    /// `RecordCompletion.explicit` is chosen; then, and when it throws, that goes to others.
    public func withShareConsumer<Result>(
        _ configuration: ShareConsumerConfiguration, _ body: (ShareConsumer) async throws -> Result
    ) async throws -> Result {
        let consumer = try makeShareConsumer(configuration)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await consumer.runLoop() }
            do {
                let result = try await body(consumer)
                if configuration.completion == .onNextPoll { consumer.acceptAll() }
                consumer.end(.closed("the share consumer"))
                group.cancelAll()
                try await group.waitForAll()
                try await consumer.leave()
                return result
            } catch {
                consumer.end(.closed("the share consumer"))
                group.cancelAll()
                try? await group.waitForAll()
                // The first error says more than what comes of it; after leaving, this does nothing.
                try? await consumer.leave()
                throw error
            }
        }
    }
}
