internal import Logging
internal import MartletCore
internal import MartletLog
internal import NIOCore
internal import Synchronization

/// Keeps the logs small while they are used: deletes what is too old, compacts, and compresses what is no
/// longer written.
///
/// Each of its loops goes from partition to partition, borrows the sealed segments of one from its shard,
/// works on them on a thread, and gives them back.
final class Maintenance: Sendable {
    private let environment: BrokerEnvironment
    private let router: ShardRouter
    private let storage: BrokerStorage
    private let threads: IdleThreads
    private let throttle: MaintenanceThrottle
    private let discarded = DiscardedFiles()
    private let task = Mutex<Task<Void, Never>?>(nil)

    private let cleanerCount: Int
    /// The shortest time between two sweeps: while the disk is full every append asks for one.
    private static let sweepPause = Duration.seconds(1)

    init(_ environment: BrokerEnvironment, _ router: ShardRouter, _ storage: BrokerStorage) {
        self.environment = environment
        self.router = router
        self.storage = storage
        let settings = environment.settings
        cleanerCount = settings.bool("log.cleaner.enable") ? settings.int("log.cleaner.threads") ?? 1 : 0
        threads = IdleThreads(threadCount: max(1, cleanerCount))
        let activity = environment.appendActivity
        let live = environment.liveSettings
        throttle = MaintenanceThrottle {
            let rates = live.cleaning
            return activity.isBusy ? rates.busy : rates.usual
        }
    }

    /// Begins to work, until `stop`.
    func start() {
        let running = Task { [self] in
            await withDiscardingTaskGroup { group in
                group.addTask { await self.expireRepeatedly() }
                group.addTask { await self.sweepRepeatedly() }
                for index in 0..<cleanerCount {
                    group.addTask { await self.shrinkRepeatedly(index) }
                }
            }
        }
        task.withLock { $0 = running }
    }

    /// Ends all work: what is under way stops soon if its partition is retired, and is waited for.
    func stop() async {
        let running = task.withLock { $0.take() }
        running?.cancel()
        await running?.value
        try? await threads.shutDown()
    }

    // MARK: Deletion

    private func expireRepeatedly() async {
        let interval = environment.settings.milliseconds("log.retention.check.interval.ms") ?? .seconds(300)
        while await Self.sleep(interval) { await expireAll() }
    }

    private func expireAll() async {
        for shard in router.shards {
            for partition in await partitions(of: shard, where: { $0.mayExpire }) {
                if Task.isCancelled { return }
                await expire(partition, on: shard)
            }
        }
    }

    private func expire(_ partition: PartitionKey, on shard: ShardReference) async {
        await work(on: partition, of: shard, by: { try await self.environment.disk.run($0) }) {
            view, outcome throws(LogError) in
            try view.applyRetention(now: self.environment.clock(), &outcome)
        }
    }

    /// Has files removed whose time has come. Called every few seconds, on any thread: while there are none,
    /// nothing is woken.
    func sweepIfDue() {
        if discarded.areDue(environment.clock()) { environment.diskAlarm.nudge() }
    }

    private func sweepRepeatedly() async {
        for await _ in environment.diskAlarm.news {
            let isFull = environment.diskAlarm.take()
            if isFull { await expireAll() }
            let fileSystem = storage.fileSystem
            let logger = environment.logger
            let now = environment.clock()
            try? await environment.disk.run { [discarded] in
                discarded.removeDue(now: now, all: isFull, fileSystem, logger)
            }
            guard await Self.sleep(Self.sweepPause) else { return }
        }
    }

    // MARK: Compaction and compression

    /// Looks at every partition in turn, and rests when none had anything to do.
    private func shrinkRepeatedly(_ index: Int) async {
        while !Task.isCancelled {
            var didWork = false
            for shard in router.shards {
                let candidates = await partitions(of: shard) { $0.mayShrink }
                for partition in candidates where partition.hashValue.magnitude % UInt(cleanerCount) == index
                {
                    if Task.isCancelled { return }
                    if await shrink(partition, on: shard) { didWork = true }
                }
            }
            let backoff = environment.settings.milliseconds("log.cleaner.backoff.ms") ?? .seconds(15)
            if !didWork, await !Self.sleep(backoff) { return }
        }
    }

    /// Compacts a log, or compresses one of its segments. True if there may be more to do.
    private func shrink(_ partition: PartitionKey, on shard: ShardReference) async -> Bool {
        // The setting is for all threads together.
        let buffer = environment.settings.int("log.cleaner.dedupe.buffer.size") ?? 1 << 25
        let mapByteCount = buffer / max(1, cleanerCount)
        let found = await work(on: partition, of: shard, by: { try await self.threads.run($0) }) {
            [storage, environment, throttle] view, outcome throws(LogError) in
            let now = environment.clock()
            if view.configuration.compaction != nil {
                let cleaned = storage.cleanedOffset(of: view.topicPartition)
                try view.compact(
                    cleaned: cleaned, now: now, mapByteCount: mapByteCount, throttle, &outcome)
            } else {
                outcome.mayHaveMore = try view.compressNextSegment(now: now, throttle, &outcome)
            }
        }
        return found
    }

    // MARK: Loans

    private struct PartitionKey: Hashable {
        let topic: TopicID
        let index: PartitionIndex
    }

    private func partitions(
        of shard: ShardReference, where matches: @escaping @Sendable (Partition) -> Bool
    ) async -> [PartitionKey] {
        await shard.run { shard in
            shard.partitions.all.filter(matches).map {
                PartitionKey(topic: $0.topicID, index: $0.id.partition)
            }
        }
    }

    /// Does something with the sealed segments of a partition, if they are to be had.
    ///
    /// - Returns: Whether anything was done.
    @discardableResult
    private func work(
        on key: PartitionKey, of shard: ShardReference,
        by run: (@escaping @Sendable () -> Work) async throws -> Work,
        _ body: @escaping @Sendable (MaintenanceView, inout MaintenanceOutcome) throws(LogError) -> Void
    ) async -> Bool {
        guard let loan = await shard.run({ $0.partitions[key.topic, key.index]?.beginMaintenance() }) else {
            return false
        }
        let work =
            (try? await run {
                var work = Work()
                do throws(LogError) {
                    try body(loan.view, &work.outcome)
                } catch {
                    work.failure = error
                }
                return work
            }) ?? Work()
        await shard.run { shard in
            // Retired or not, it waits for this.
            loan.partition.value.finishMaintenance(work.outcome, work.failure)
        }
        await note(work, loan)
        return !work.outcome.isEmpty || work.outcome.mayHaveMore
    }

    private struct Work: Sendable {
        var outcome = MaintenanceOutcome()
        var failure: LogError?
    }

    private func note(_ work: Work, _ loan: MaintenanceLoan) async {
        let outcome = work.outcome
        let delay = loan.view.configuration.fileDeleteDelayMs
        discarded.add(outcome.discardedPaths, due: environment.clock() + delay)
        if let cleaned = outcome.cleanedOffset {
            let point = BrokerStorage.Checkpoint(id: loan.id, topicID: loan.topicID, offset: cleaned)
            try? await environment.disk.run { [storage] in try storage.noteCleaned(point) }
        }
        let figures = outcome.figures
        environment.metrics.didMaintain(figures)
        guard figures.deletedSegmentCount + figures.rewrittenSegmentCount > 0 else { return }
        environment.logger.info(
            "Maintained a log.", metadata: ["partition": "\(loan.id)", "work": "\(figures)"])
    }

    /// False if the time was cut short, since all is to end.
    private static func sleep(_ duration: Duration) async -> Bool {
        do {
            try await Task.sleep(for: duration)
            return true
        } catch {
            return false
        }
    }
}
