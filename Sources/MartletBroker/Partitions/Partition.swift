internal import DequeModule
internal import Logging
internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

/// A partition on the shard that owns it: its log, who waits for it, and its one sync in flight.
///
/// Every method is called on the owner's loop. Producers wait for the high watermark to pass their records,
/// fetches for it to move at all; whoever waits is called back on this loop.
final class Partition {
    let id: TopicPartition
    let topicID: TopicID
    private(set) var leaderEpoch: LeaderEpoch

    let log: PartitionLog
    unowned let shard: Shard
    private let disk: DiskPool
    let logger: Logger

    /// Those who wait for the high watermark, in the order of what they wait for.
    private var producers: Deque<WaitingProducer> = []
    private var fetches: [ObjectIdentifier: @Sendable () -> Void] = [:]
    private var isSyncScheduled = false
    private var isSyncing = false
    private(set) var isClosed = false
    /// What batches need before they are appended; nil for nothing.
    private(set) var preparation: BatchPreparation?
    var arrivals = Arrivals()
    /// Brings the log of `os` durability to the disk in time.
    private var flushTimer: Scheduled<Void>?
    /// Jobs that threads do on the log's files now.
    private var diskJobs = 0
    private var whenQuiet: (() -> Void)?
    /// Ends the work on the sealed segments that is under way.
    var maintenance: MaintenanceCancellation?
    /// Reads ahead of readers that are under way.
    var readAheadCount = 0

    private struct WaitingProducer {
        let offset: Offset
        let completion: (ErrorCode) -> Void
    }

    init(_ opened: OpenedPartition, on shard: Shard) {
        id = opened.id
        topicID = opened.topicID
        leaderEpoch = opened.leaderEpoch
        log = opened.takeLog()
        preparation = opened.preparation
        self.shard = shard
        disk = shard.environment.disk
        logger = shard.environment.logger
    }

    var offsets: LogOffsets { log.offsets }
    /// Everything below survives a power cut.
    var recoveryPoint: Offset { log.recoveryPoint }
    var configuration: LogConfiguration { log.configuration }

    func reconfigure(_ configuration: LogConfiguration, _ preparation: BatchPreparation?) {
        log.configuration = configuration
        self.preparation = preparation
    }

    // MARK: Produce

    /// Appends the batches, stamped in place. They are durable when the high watermark reaches the result's
    /// end.
    ///
    /// - Parameter verification: That the batch may open a transaction here; nil if it need not.
    func append(
        _ records: Bytes, origin: AppendOrigin, _ verification: TransactionVerification? = nil
    ) throws(LogError) -> AppendResult {
        guard !isClosed else { throw .closed(id) }
        let result: AppendResult
        do throws(LogError) {
            result = try log.append(
                records, origin: origin, leaderEpoch: leaderEpoch, now: shard.environment.clock(),
                verification: verification
            )
        } catch {
            failProducersIfOffline()
            throw error
        }
        shard.environment.appendActivity.note(records.count)
        afterAppend()
        return result
    }

    /// Calls back when everything before `offset` is below the high watermark and the disk keeps pace, or
    /// with the error that prevents it.
    func whenCommitted(_ offset: Offset, _ completion: @escaping (ErrorCode) -> Void) {
        if log.offsets.highWatermark >= offset, !log.isAheadOfDisk {
            completion(.none)
        } else if isClosed {
            completion(.notLeaderOrFollower)
        } else {
            producers.append(WaitingProducer(offset: offset, completion: completion))
        }
    }

    func afterAppend() {
        if let writeBack = log.takeWriteBack() { start(writeBack) }
        if log.configuration.durability == .os {
            highWatermarkMoved()
            scheduleFlush()
        } else {
            scheduleSync()
        }
    }

    /// Has a log of `os` durability synced as `flush.messages` and `flush.ms` ask for it. Most topics do not
    /// ask, and the tick brings every log to the disk in its time.
    private func scheduleFlush() {
        let flushMs = log.configuration.flushMs
        guard flushMs < Self.tickMs || log.configuration.flushMessages < .max else { return }
        if log.needsFlush(now: shard.environment.clock()) { return scheduleSync() }
        guard flushMs < Self.tickMs, flushTimer == nil, !isClosed else { return }
        let partition = NIOLoopBound(self, eventLoop: shard.eventLoop)
        flushTimer = shard.eventLoop.scheduleTask(in: .milliseconds(flushMs)) {
            partition.value.flushTimer = nil
            partition.value.scheduleSync()
        }
    }

    /// At least as long as the time between two ticks is.
    private static let tickMs: Int64 = 10_000

    /// Has a part of the log written to the disk ahead of its sync, and an older part dropped from the page
    /// cache.
    private func start(_ writeBack: WriteBack) {
        run { () throws(LogError) in
            try writeBack.perform()
        } completion: { partition, result in
            partition.log.finishWriteBack(result)
            if case .failure(let error) = result { partition.shard.note(error) }
            partition.failProducersIfOffline()
            partition.answerProducers()
        }
    }

    /// Does something with the log's files, or on its behalf, on a thread. `retire` waits for it.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(LogError) -> Value,
        completion: @escaping (Partition, Result<Value, LogError>) -> Void
    ) {
        beginDiskJob()
        let partition = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let completion = NIOLoopBound(completion, eventLoop: shard.eventLoop)
        disk.run(for: shard.eventLoop) {
            Result(catching: work)
        } completion: { result in
            let partition = partition.value
            completion.value(partition, result)
            partition.endDiskJob()
        }
    }

    func beginDiskJob() { diskJobs += 1 }

    func endDiskJob() {
        diskJobs -= 1
        guard diskJobs == 0, let quiet = whenQuiet else { return }
        whenQuiet = nil
        quiet()
    }

    // MARK: Sync

    /// Starts a sync at the end of this turn of the loop, so that all that arrives in the turn shares it.
    /// While one is in flight, whatever arrives rides on the next.
    func scheduleSync() {
        guard !isSyncing, !isSyncScheduled, !isClosed else { return }
        isSyncScheduled = true
        let partition = NIOLoopBound(self, eventLoop: shard.eventLoop)
        shard.eventLoop.execute { partition.value.startSync() }
    }

    private func startSync() {
        isSyncScheduled = false
        guard !isClosed, !isSyncing, let request = log.beginSync() else { return }
        isSyncing = true
        run { () throws(LogError) in
            try request.perform()
        } completion: { partition, result in
            partition.finishSync(request, result)
        }
    }

    private func finishSync(_ request: SyncRequest, _ result: Result<Void, LogError>) {
        isSyncing = false
        log.finishSync(request, result, now: shard.environment.clock())
        if case .failure(let error) = result {
            logger.critical(
                "A sync failed; the partition takes no more writes until the broker is restarted.",
                metadata: ["partition": "\(id)", "error": "\(error)"]
            )
            return failProducers(error.errorCode)
        }
        let isBehind = log.offsets.durable < log.offsets.end
        // The disk goes on before those who have waited are answered, which takes a while if they are many.
        if isBehind { startSync() }
        highWatermarkMoved()
        if !isBehind, log.needsSync {
            // With `os` durability what came meanwhile counts as durable already.
            scheduleFlush()
        }
    }

    private func highWatermarkMoved() {
        answerProducers()
        wakeFetches()
    }

    private func answerProducers() {
        let highWatermark = log.offsets.highWatermark
        while let first = producers.first, first.offset <= highWatermark, !log.isAheadOfDisk {
            producers.removeFirst()
            first.completion(.none)
        }
    }

    /// A log that is offline moves its high watermark no more, and whoever waits for that must hear of it.
    func failProducersIfOffline() {
        if log.failure != nil { failProducers(.kafkaStorageError) }
    }

    private func failProducers(_ code: ErrorCode) {
        let failed = producers
        producers = []
        for producer in failed { producer.completion(code) }
    }

    // MARK: Fetch

    /// Calls `wake` whenever the high watermark moves or the partition goes away, until it is taken out
    /// again.
    func addWaitingFetch(_ fetch: ObjectIdentifier, wake: @escaping @Sendable () -> Void) {
        fetches[fetch] = wake
    }

    func removeWaitingFetch(_ fetch: ObjectIdentifier) {
        fetches[fetch] = nil
    }

    private func wakeFetches() {
        for wake in fetches.values { wake() }
    }

    // MARK: Time and end

    /// Does what is due by time: rolls a segment that has become too old, and forgets silent producers.
    ///
    /// - Returns: Whether the log is to be brought to the disk, since nothing else does.
    func tick() -> Bool {
        guard !isClosed else { return false }
        let now = shard.environment.clock()
        log.expireProducers(now: now)
        do {
            try log.rollIfNeeded(now: now)
        } catch {
            shard.note(error)
        }
        startSurvey()
        return log.recoveryPoint < log.offsets.end || log.needsSync
    }

    /// Ends the service of this partition, and calls back when no thread works on its files any more: only
    /// then may they be closed, or deleted.
    func retire(then quiet: @escaping () -> Void) {
        precondition(!isClosed, "a partition is retired once")
        isClosed = true
        maintenance?.cancel()
        flushTimer?.cancel()
        flushTimer = nil
        failArrivals()
        failProducers(.notLeaderOrFollower)
        wakeFetches()
        fetches = [:]
        if diskJobs == 0 { quiet() } else { whenQuiet = quiet }
    }

    /// Closes the log of a retired partition; what is left to do belongs on a thread.
    func close() throws(LogError) -> CloseRequest {
        precondition(isClosed && diskJobs == 0, "a log is closed when its partition is at rest")
        return try log.close()
    }

    /// Lets go of the log of a retired partition, whose files are about to be deleted.
    func abandon() {
        precondition(isClosed && diskJobs == 0, "a log is let go of when its partition is at rest")
        log.abandon()
    }
}
