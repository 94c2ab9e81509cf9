internal import Logging
internal import MartletCore
internal import MartletLog
internal import NIOCore
internal import Synchronization

/// What each shard does now and then: close connections that are silent, roll old segments, note how far
/// recovery would have to go back.
///
/// Each of these has a time of its own, as long as it may be: an idle broker is to sleep.
struct Housekeeping: Sendable {
    /// Time between looks at the partitions.
    private static let tickInterval = TimeAmount.seconds(10)
    /// Time between checkpoints, as in Kafka.
    private static let checkpointInterval = TimeAmount.seconds(60)

    private let environment: BrokerEnvironment
    private let storage: BrokerStorage
    private let maintenance: Maintenance
    private let tasks = Tasks()

    private final class Tasks: Sendable {
        let all = Mutex<[RepeatedTask]>([])
    }

    init(_ environment: BrokerEnvironment, _ storage: BrokerStorage, _ maintenance: Maintenance) {
        self.environment = environment
        self.storage = storage
        self.maintenance = maintenance
    }

    func start(on shard: ShardReference) {
        let limits = environment.limits
        repeatedly(every: Self.interval(checking: limits.frameTimeout), on: shard) { shard in
            shard.closeHalfOpenSessions()
        }
        repeatedly(every: Self.interval(checking: limits.idleTimeout), on: shard) { shard in
            shard.closeSilentSessions()
        }
        repeatedly(every: Self.tickInterval, on: shard) { shard in
            tickPartitions(of: shard)
            maintenance.sweepIfDue()
        }
        repeatedly(every: Self.checkpointInterval, on: shard) { shard in checkpoint(shard) }
    }

    /// How often to look for what has taken too long: it ends at most a tenth too late.
    private static func interval(checking timeout: Duration) -> TimeAmount {
        max(.seconds(1), min(TimeAmount(timeout / 10), .seconds(60)))
    }

    private func repeatedly(
        every interval: TimeAmount, on shard: ShardReference, _ body: @escaping @Sendable (Shard) -> Void
    ) {
        let task = shard.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            shard.execute(body)
        }
        tasks.all.withLock { $0.append(task) }
    }

    func stop() {
        let stopped = tasks.all.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in stopped { task.cancel() }
    }

    /// From so many logs on that are due, one sync of the file system brings all to the disk, for a fraction
    /// of what a sync of each costs.
    private static let mostSyncs = 200

    /// Brings every log to the disk that nothing else does, so that a power cut takes seconds at the most,
    /// and recovery need not read it all.
    ///
    /// Where the logs are very many, only some of them take note in each tick how far they are on the disk.
    private func tickPartitions(of shard: Shard) {
        let due = shard.partitions.all.filter { $0.tick() }
        guard due.count > Self.mostSyncs else { return due.forEach { $0.scheduleSync() } }
        let partitions = NIOLoopBound(due, eventLoop: shard.eventLoop)
        let storage = storage
        environment.disk.run(for: shard.eventLoop) {
            // An error is found once more, and put down to its log, when that is synced.
            (try? storage.fileSystem.syncAll(storage.path)) ?? false
        } completion: { isDone in
            let due = partitions.value
            guard isDone, let shard = due.first?.shard else { return due.forEach { $0.scheduleSync() } }
            for partition in shard.rotate(due, Self.mostSyncs) { partition.scheduleSync() }
        }
    }

    private func checkpoint(_ shard: Shard) {
        let points = shard.partitions.all.map {
            BrokerStorage.Checkpoint(id: $0.id, topicID: $0.topicID, offset: $0.recoveryPoint)
        }
        let logger = environment.logger
        environment.disk.run {
            do {
                try storage.checkpoint(points)
            } catch {
                logger.warning(
                    "The recovery checkpoint could not be written; a restart after a crash takes longer.",
                    metadata: ["error": "\(error)"]
                )
            }
        }
    }
}

extension Shard {
    /// Closes connections that have been in the middle of a request for too long. Touches no others: they may
    /// be ten thousand.
    fileprivate func closeHalfOpenSessions() {
        guard !halfReceived.isEmpty else { return }
        let now = NIODeadline.now()
        let timeout = environment.limits.frameTimeout
        for session in Array(halfReceived.values) where !session.isBlocked {
            guard let began = session.frameBegan, now - began > TimeAmount(timeout) else { continue }
            session.close(because: "a request did not arrive whole within \(timeout)")
        }
    }

    /// Closes connections that have been idle for too long.
    fileprivate func closeSilentSessions() {
        let now = NIODeadline.now()
        let timeout = environment.limits.idleTimeout
        for session in allSessions where session.isIdle && now - session.lastRequest > TimeAmount(timeout) {
            session.close(because: "no request came within \(timeout)", level: .debug)
        }
    }

    /// So many of these partitions that each has its turn in the end.
    fileprivate func rotate(_ partitions: [Partition], _ count: Int) -> [Partition] {
        let first = tickRotation % partitions.count
        tickRotation = first + count
        return (first..<first + count).map { partitions[$0 % partitions.count] }
    }
}
