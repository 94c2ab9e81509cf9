import MartletCore
import MartletSimulation
import MartletLog

/// A partition of the simulated broker: its log, the syncs of it, and who waits for them.
final class SimulatedPartition {
    let id: TopicPartition
    let log: PartitionLog
    private unowned let world: World
    private var waiting: [(offset: Offset, completion: (Bool) -> Void)] = []
    private var isSyncScheduled = false
    private var isStopped = false

    static let leaderEpoch = LeaderEpoch(rawValue: 0)

    init(_ id: TopicPartition, _ log: PartitionLog, _ world: World) {
        self.id = id
        self.log = log
        self.world = world
    }

    func append(
        _ records: Bytes, origin: AppendOrigin, verification: TransactionVerification? = nil
    ) throws(LogError) -> AppendResult {
        defer {
            world.step()
            scheduleSync()
        }
        return try log.append(
            records, origin: origin, leaderEpoch: Self.leaderEpoch, now: world.timeline.now,
            verification: verification)
    }

    func appendMarker(
        _ marker: TransactionMarker, of producer: ProducerID, epoch: ProducerEpoch, isEpochBumped: Bool
    ) throws(LogError) -> AppendResult {
        defer {
            world.step()
            scheduleSync()
        }
        return try log.appendMarker(
            marker, of: producer, epoch: epoch, isEpochBumped: isEpochBumped, leaderEpoch: Self.leaderEpoch,
            now: world.timeline.now)
    }

    /// Calls back when all below the offset is durable, or never will be.
    func whenDurable(_ offset: Offset, _ completion: @escaping (Bool) -> Void) {
        if world.isPlanted(.answersBeforeDurable) { return completion(true) }
        if log.offsets.highWatermark >= offset { return completion(true) }
        guard log.isWritable else { return completion(false) }
        waiting.append((offset, completion))
        scheduleSync()
    }

    func stop() {
        isStopped = true
        waiting = []
        log.abandon()
    }

    // MARK: Syncs

    private func scheduleSync() {
        guard !isSyncScheduled, !isStopped, log.needsSync else { return }
        isSyncScheduled = true
        world.timeline.after(Int64(world.random.below(4))) { [self] in
            guard !isStopped else { return }
            guard let request = log.beginSync() else {
                isSyncScheduled = false
                return
            }
            // A disk that takes its time now and then: what comes meanwhile waits for the next.
            let duration =
                world.random.oneIn(world.options.slowSyncs) ? world.random.below(400) : world.random.below(4)
            world.timeline.after(Int64(duration)) { [self] in finish(request) }
        }
    }

    private func finish(_ request: SyncRequest) {
        guard !isStopped else { return }
        isSyncScheduled = false
        var result: Result<Void, LogError> = .success(())
        if !world.isPlanted(.skipsSyncs) || !world.random.oneIn(4) {
            result = Result { () throws(LogError) in try request.perform() }
        }
        log.finishSync(request, result, now: world.timeline.now)
        guard case .success = result else { return fail() }
        world.step()
        let mark = log.offsets.highWatermark
        let due = waiting.filter { $0.offset <= mark }
        waiting.removeAll { $0.offset <= mark }
        for (_, completion) in due { completion(true) }
        scheduleSync()
    }

    /// The disk has failed: the partition is offline until somebody looks at the machine.
    private func fail() {
        world.note("\(id) is offline")
        world.saw(.failedSync)
        let all = waiting
        waiting = []
        for (_, completion) in all { completion(false) }
        world.timeline.after(150) { [self] in
            guard !isStopped else { return }
            world.stopBroker(.powerLoss, for: 200)
        }
    }
}
