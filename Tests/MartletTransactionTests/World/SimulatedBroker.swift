import MartletCoordination
import MartletCore
import MartletLog
import MartletRecords
import MartletSimulation
import MartletWire

/// A broker between two starts: the real logs and coordinators, and around them what the broker does, in one
/// thread and in simulated time.
final class SimulatedBroker {
    static let directory = "/data"
    static let transactionState: TopicName = "__transaction_state"
    static let consumerOffsets: TopicName = "__consumer_offsets"
    /// Of each internal topic.
    static let coordinatorCount = 2

    unowned let world: World
    private(set) var partitions: [TopicPartition: SimulatedPartition] = [:]
    private(set) var transactions: [SimulatedShell<TransactionCoordinator>] = []
    private(set) var groups: [SimulatedShell<GroupCoordinator>] = []
    private(set) var isStopped = false

    init(_ world: World, isFirst: Bool, wasClean: Bool) throws {
        self.world = world
        for id in Self.everyPartition(world) {
            partitions[id] = SimulatedPartition(id, try Self.open(id, world, wasClean: wasClean), world)
        }
        if isFirst, world.options.hasOldEpochs { try ageProducers() }
        for index in 0..<Self.coordinatorCount {
            if let partition = partitions[TopicPartition(Self.transactionState, Int32(index))] {
                transactions.append(makeTransactionShell(partition))
            }
            if let partition = partitions[TopicPartition(Self.consumerOffsets, Int32(index))] {
                groups.append(makeGroupShell(partition))
            }
        }
    }

    private static func everyPartition(_ world: World) -> [TopicPartition] {
        let internals = (0..<Int32(coordinatorCount)).flatMap {
            [TopicPartition(transactionState, $0), TopicPartition(consumerOffsets, $0)]
        }
        return internals + world.inputs + world.outputs
    }

    private static func open(
        _ id: TopicPartition, _ world: World, wasClean: Bool
    ) throws -> PartitionLog {
        var opening = LogOpening(
            directory: directory + "/" + id.description, topicPartition: id, fileSystem: world.disk)
        opening.configuration.segmentBytes = world.options.segmentBytes
        opening.configuration.preallocation.smallestBytes = 1_024
        opening.configuration.preallocation.largestBytes = 4_096
        opening.configuration.retention.isEnabled = false
        opening.configuration.producerIDExpirationMs = 20_000
        if world.options.compacts || id.topic == transactionState || id.topic == consumerOffsets {
            var policy = CompactionPolicy()
            policy.minCleanableDirtyRatio = 0
            policy.deleteRetentionMs = 5_000
            opening.configuration.compaction = policy
        }
        opening.wasCleanShutdown = wasClean
        opening.logStartOffset = world.starts[id]
        let now = world.timeline.now
        return try PartitionLog.open(opening, now: { now }).log
    }

    static func topicID(of name: TopicName) -> TopicID {
        TopicID(high: 7, low: UInt64(name.rawValue.utf8.count))
    }

    static func catalogue(_ world: World) -> TopicCatalogue {
        func topic(_ name: TopicName, _ count: Int) -> TopicCatalogue.Topic {
            TopicCatalogue.Topic(id: topicID(of: name), name: name, partitionCount: count)
        }
        return TopicCatalogue([
            topic(transactionState, coordinatorCount), topic(consumerOffsets, coordinatorCount),
            topic("in", world.inputs.count), topic("out", world.outputs.count),
        ])
    }

    private func makeTransactionShell(
        _ partition: SimulatedPartition
    ) -> SimulatedShell<TransactionCoordinator> {
        var settings = TransactionSettings()
        settings.maximumTimeoutMs = 60_000
        return SimulatedShell(partition, world) {
            TransactionCoordinator(settings: settings)
        } perform: { [unowned self] errand, completion in
            perform(errand, completion)
        }
    }

    /// Lets the transactional ids have been used so often that their epochs soon run out.
    private func ageProducers() throws {
        let ids = ["writer-0", "writer-1", "copier-0", "copier-1", "member-0", "member-1"]
        for id in ids {
            var value = TransactionValue()
            value.producerID = world.nextProducerID()
            value.producerEpoch = ProducerEpoch(rawValue: Int16.max - 4 + Int16(world.random.below(4)))
            value.timeoutMs = 5_000
            value.lastUpdateTimestamp = world.timeline.now
            let (key, body) = try TransactionRecord(TransactionalID(id), value).encoded()
            var builder = RecordBatchBuilder(capacity: 256)
            try builder.append(key: key, value: body, timestamp: world.timeline.now)
            let index = CoordinatorPartition.of(id, count: Self.coordinatorCount)
            _ = try partitions[TopicPartition(Self.transactionState, index)]?.append(
                try builder.build(), origin: .coordinator)
        }
    }

    private func makeGroupShell(_ partition: SimulatedPartition) -> SimulatedShell<GroupCoordinator> {
        var settings = GroupSettings()
        settings.consumer = GroupSettings.Membership(sessionTimeoutMs: 1_500, heartbeatIntervalMs: 300)
        return SimulatedShell(partition, world) { [unowned world] in
            GroupCoordinator(settings: settings, random: SeededGenerator(seed: world.random.next()))
        } perform: { _, _ in
            // No share groups here, so nothing to ask of their state.
        }
    }

    // MARK: The end

    /// The process is gone.
    func stop() {
        isStopped = true
        for shell in transactions { shell.stop() }
        for shell in groups { shell.stop() }
        for id in partitions.keys.sorted() { partitions[id]?.stop() }
    }

    /// Leaves everything as a next start finds it fastest. Says whether that went well.
    func close() -> Bool {
        do {
            for id in partitions.keys.sorted() {
                guard let log = partitions[id]?.log else { continue }
                try log.close().perform()
            }
            return true
        } catch {
            world.note("unclean after all: \(error)")
            return false
        }
    }

    /// Rolls, compacts and forgets, in one partition.
    func maintain(_ id: TopicPartition) {
        guard let log = partitions[id]?.log else { return }
        log.expireProducers(now: world.timeline.now)
        if id.topic == "out" { deleteSome(of: id, log) }
        guard let view = log.beginMaintenance() else { return }
        var outcome = MaintenanceOutcome()
        var failure: LogError?
        do throws(LogError) {
            try view.applyRetention(now: world.timeline.now, &outcome)
            try view.compact(
                cleaned: nil, now: world.timeline.now, mapByteCount: 1 << 16,
                MaintenanceThrottle(bytesPerSecond: .infinity), &outcome)
        } catch {
            failure = error
        }
        log.finishMaintenance(outcome, failure, now: world.timeline.now)
        if outcome.figures.removedRecordCount > 0 { world.saw(.compactedRecords) }
        world.note("maintenance of \(id): \(outcome.figures)\(failure.map { ", \($0)" } ?? "")")
    }

    /// Gives up the front of an output. What is decided there cannot change any more, so it is written down
    /// for the end.
    private func deleteSome(of id: TopicPartition, _ log: PartitionLog) {
        let (start, stable) = (log.offsets.start, log.offsets.lastStable)
        guard stable > start, world.random.oneIn(2) else { return }
        let end = start + Int64(world.random.below(Int(stable - start) + 1))
        var places: [History.Place] = []
        var next = start
        while next < end {
            guard
                let answer = try? fetch(id, from: next, isCommitted: true, maxBytes: 1 << 20),
                let more = SimulatedReader.records(of: answer, from: next, isCommitted: true),
                answer.nextOffset > next
            else { return }
            places += more
            next = answer.nextOffset
        }
        guard (try? log.deleteRecords(before: end)) != nil else { return }
        world.delete(places.filter { $0.offset < end }, before: end, of: id)
        world.note("\(id) begins at \(end)")
        if end > start { world.saw(.deletedRecords) }
    }

    // MARK: Coordinators

    func coordinator(of id: TransactionalID) -> SimulatedShell<TransactionCoordinator> {
        transactions[Int(CoordinatorPartition.of(id.rawValue, count: Self.coordinatorCount))]
    }

    func coordinator(of group: GroupID) -> SimulatedShell<GroupCoordinator> {
        groups[Int(CoordinatorPartition.of(group, count: Self.coordinatorCount))]
    }

    /// The way from one part of the broker to another: from loop to loop, or from broker to broker.
    func hop(_ action: @escaping () -> Void) {
        let isSlow = world.network?.faults != nil && world.random.oneIn(15)
        let delay = isSlow ? world.random.below(2_500) : world.random.below(4)
        world.timeline.after(Int64(delay)) { [self] in
            if !isStopped { action() }
        }
    }
}
