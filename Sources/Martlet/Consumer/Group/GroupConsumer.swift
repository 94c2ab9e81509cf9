internal import Logging
internal import MartletCore
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Reads topics as a member of a group, which shares their partitions among its members and remembers how
/// far each has been read.
///
///     let configuration = GroupConsumerConfiguration(group: "billing", topics: "orders")
///     try await client.withGroupConsumer(configuration) { consumer in
///         for try await batch in consumer.batches {
///             for record in batch { try await bill(record) }
///         }
///     }
///
/// Records come at least once: their offset is stored only after they are done, that is, after the next ones
/// were asked for. Those of a member that goes down come to another one again.
///
/// `run` keeps the member in its group: it sends heartbeats, takes over and gives up partitions, and stores
/// offsets. Before a partition is given up, the records that were handed out get the time to be finished, and
/// how far they were is stored. One task at a time may poll; the other methods may be called from any.
public final class GroupConsumer: Sendable {
    public let configuration: GroupConsumerConfiguration
    let client: MartletClient
    /// Reads the partitions that the member has.
    let reader: Consumer
    /// Connections for what may wait at the coordinator.
    let pool: ConnectionPool
    /// Wakes the loop in `run`.
    let wakeup: Wakeup
    /// Ends a look-up of the loop that nobody needs any more.
    let stopSignal: Wakeup
    let announcer: RebalanceAnnouncer
    let state: Mutex<GroupConsumerState>
    private let eventLoop: any EventLoop

    /// How long the loop may take to finish what it is just doing.
    private static let stopTimeout = Duration.seconds(3)
    /// How long those who listen to the events may take to finish when the member leaves.
    private static let closeTimeout = Duration.seconds(10)

    init(client: MartletClient, configuration: GroupConsumerConfiguration) throws(MartletError) {
        try configuration.validate()
        self.client = client
        self.configuration = configuration
        var readerConfiguration = configuration.reader
        readerConfiguration.rack = readerConfiguration.rack ?? configuration.rack
        reader = try Consumer(client: client, configuration: readerConfiguration)
        pool = client.makePool()
        let group = client.configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
        eventLoop = group.next()
        wakeup = Wakeup(eventLoop: eventLoop)
        stopSignal = Wakeup(eventLoop: eventLoop)
        announcer = RebalanceAnnouncer(wakeup: wakeup)
        state = Mutex(GroupConsumerState(subscription: configuration.subscription))
    }

    deinit { pool.close() }

    /// The loop is to end after what it is just doing.
    var isToStop: Bool { state.withLock { $0.ending != nil || $0.isStopping } }

    var logger: Logger { client.logger(of: configuration.group) }

    // MARK: Life

    /// Keeps the member in its group, until its task is cancelled, or the service group that runs it shuts
    /// down; then stores what is done and leaves.
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
        // A task of its own, which cancellation does not cut short: a heartbeat that is under way when we are
        // told to stop may change our epoch, and with the old one nothing could be stored any more.
        let loop = Task {
            var membership = Membership(self)
            await membership.run()
        }
        let eventLoop = eventLoop
        await withTaskCancellationHandler {
            await loop.value
        } onCancel: {
            state.withLock { $0.isStopping = true }
            wakeup.signal()
            stopSignal.signal()
            // A broker that does not answer must not keep us for ever.
            eventLoop.scheduleTask(in: TimeAmount(Self.stopTimeout)) { loop.cancel() }
        }
        state.withLock { $0.isRunning = false }
    }

    /// Hands out nothing more, and lets `runLoop` end.
    func end(_ error: MartletError) {
        let waiting = state.withLock { state in
            state.ending = state.ending ?? error
            state.commitRequests = []
            defer { state.commitWaiters = [:] }
            return state.commitWaiters
        }
        for waiter in waiting.values { waiter.resume(returning: .failure(error)) }
        reader.fail(error)
        wakeup.signal()
        stopSignal.signal()
    }

    /// Stores what is done and leaves the group, whether or not the task is cancelled.
    ///
    /// - Throws: If offsets could not be stored, so that records will come again. That the group has moved on
    ///   meanwhile is nothing that anybody could do something about, so it is only logged.
    func leave() async throws(MartletError) {
        end(.closed("the consumer"))
        let isFirst = state.withLock { state in
            defer { state.hasLeft = true }
            return !state.hasLeft
        }
        guard isFirst else { return }
        // A member that is told to stop by cancellation must still store what is done, and say goodbye.
        let failure = await client.finishing { () async -> MartletError? in
            await self.awaitListeners()
            do throws(MartletError) {
                if self.configuration.autoCommitInterval != nil { try await self.storeDone() }
                return nil
            } catch {
                return error
            }
        }
        await Task { await Farewell(self).send() }.value
        announcer.didDrop(state.withLock { $0.ownership.partitions }, areLost: false)
        announcer.end()
        reader.close()
        pool.close()
        guard let failure else { return }
        guard failure.code.brokerError?.saysMemberIsOutdated == true else { throw failure }
        logger.warning(
            "what was done last is not stored, it comes again", metadata: ["reason": "\(failure.message)"])
    }

    /// Gives those who listen to the events time to finish, though not for ever: whoever closes waits for it.
    private func awaitListeners() async {
        let partitions = state.withLock { $0.ownership.partitions }
        guard !partitions.isEmpty else { return }
        let deadline = ContinuousClock.now + min(Self.closeTimeout, configuration.rebalanceTimeout)
        announcer.willRevoke(partitions, until: deadline)
        while announcer.isAwaited(partitions), ContinuousClock.now < deadline, !Task.isCancelled {
            await wakeup.wait(until: deadline)
        }
    }
}

extension MartletClient {
    /// Makes a member of a group; its `run` must be called.
    public func makeGroupConsumer(
        _ configuration: GroupConsumerConfiguration
    ) throws(MartletError) -> GroupConsumer {
        try GroupConsumer(client: self, configuration: configuration)
    }

    /// Runs a member of a group while `body` uses it; then stores how far it has got, and leaves.
    ///
    /// When `body` returns, all that it was handed counts as done; when it throws, only what was done before.
    @discardableResult
    public func withGroupConsumer<Result>(
        _ configuration: GroupConsumerConfiguration, _ body: (GroupConsumer) async throws -> Result
    ) async throws -> Result {
        let consumer = try makeGroupConsumer(configuration)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await consumer.runLoop() }
            do {
                let result = try await body(consumer)
                if configuration.completion == .onNextPoll { consumer.finishAll() }
                consumer.end(.closed("the consumer"))
                group.cancelAll()
                try await group.waitForAll()
                try await consumer.leave()
                return result
            } catch {
                consumer.end(.closed("the consumer"))
                group.cancelAll()
                try? await group.waitForAll()
                // The first error says more than what comes of it; after leaving, this does nothing.
                try? await consumer.leave()
                throw error
            }
        }
    }
}
