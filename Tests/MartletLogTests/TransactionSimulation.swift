import MartletCore
import MartletLog
import MartletRecords
import MartletSimulation

/// Sends batches and markers at random, right ones and wrong ones, to a log that is rolled, cleaned,
/// compacted, compressed, closed, killed and robbed of its power; and compares with a model what it accepts,
/// how far it is stable, and what read-committed consumers see.
struct TransactionSimulation {
    typealias Model = TransactionModel
    typealias Failure = TransactionModel.Failure

    private static let partition = TopicPartition("t", 0)
    private static let lives = 4
    private static let producerCount = 4
    private(set) var trace: [String] = []
    private var random: SeededGenerator
    private var disk: SimulatedDisk
    private var configuration = LogConfiguration()
    private var model = Model()
    private var verifications: [Int64: Model.Verification] = [:]
    /// From before: none of them may be of use any more, except those under way.
    private var oldTokens: [TransactionVerification] = []
    private var checkpoint: Offset?
    private var startCheckpoint: Offset?
    private var cleaned: Offset?
    private var isInterrupted = false
    private var now: Timestamp = 1_700_000_000_000
    private var valueCount = 0
    private let throttle = MaintenanceThrottle(bytesPerSecond: .infinity)

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        var options = SimulatedDisk.Options()
        options.keepsDirectoryOrder = !random.oneIn(3)
        disk = SimulatedDisk(options)
        configuration.segmentBytes = [600, 1_500, 4_000][random.below(3)]
        configuration.indexIntervalBytes = [1, 200, 1_000][random.below(3)]
        configuration.durability = random.oneIn(4) ? .os : .sync
        configuration.recoveryCheckBytes = [0, 600, 1 << 20][random.below(3)]
        configuration.preallocation.smallestBytes = 1_024
        configuration.preallocation.largestBytes = 4_096
        configuration.producerIDExpirationMs = 1_000_000_000
        configuration.retention.isEnabled = random.oneIn(3)
        configuration.retention.milliseconds = nil
        configuration.retention.byteCount = 6_000
        if random.oneIn(2) {
            var policy = CompactionPolicy()
            policy.minCleanableDirtyRatio = 0
            policy.deleteRetentionMs = [0, 20_000][random.below(2)]
            configuration.compaction = policy
        }
        if !random.oneIn(3) {
            var policy = SegmentCompressionPolicy([.gzip, .zstd, .lz4][random.below(3)])
            policy.minLagMs = 0
            configuration.segmentCompression = policy
        }
    }

    mutating func run() throws {
        try disk.createDirectory("/d")
        try disk.syncDirectory("/")
        var wasClean = false
        var tookPower = false
        for _ in 0..<Self.lives {
            let log = try open(wasClean: wasClean, tookPower: tookPower)
            try use(log)
            wasClean = false
            tookPower = isInterrupted
            switch random.below(6) {
            case 0 where log.isWritable && !isInterrupted, 1 where log.isWritable && !isInterrupted:
                trace.append("close")
                try log.close().perform()
                model.synced = log.offsets.end
                wasClean = true
            case 2:
                trace.append("kill")
                log.abandon()
            default:
                log.abandon()
                cutPower()
                tookPower = true
            }
        }
        _ = try open(wasClean: wasClean, tookPower: tookPower)
    }

    private mutating func open(wasClean: Bool, tookPower: Bool) throws -> PartitionLog {
        var opening = LogOpening(directory: "/d/t-0", topicPartition: Self.partition, fileSystem: disk)
        opening.configuration = configuration
        opening.wasCleanShutdown = wasClean
        opening.recoveryPoint = checkpoint
        opening.logStartOffset = startCheckpoint
        let tookPower = try interruptOpening(&opening) || tookPower
        let now = now
        let (log, summary) = try PartitionLog.open(opening, now: { now })
        trace.append("\(summary)")
        oldTokens += verifications.sorted { $0.key < $1.key }.map(\.value.token)
        verifications = [:]
        try model.didOpen(log, tookPower: tookPower)
        try check(log)
        return log
    }

    /// Lets a start fail half-way now and then: the next must cope with what that one has changed.
    ///
    /// - Returns: Whether what was not synced may be lost: the power went, or a sync failed.
    private mutating func interruptOpening(_ opening: inout LogOpening) throws -> Bool {
        guard random.oneIn(4) else { return false }
        let operations: [FileSystemError.Operation] = [
            .sync, .write, .rename, .remove, .truncate, .syncDirectory,
        ]
        disk.inject(
            SimulatedFault(
                operations[random.below(operations.count)], errno: 5, afterSuccesses: random.below(6)))
        defer { disk.clearFaults() }
        let now = now
        do {
            try PartitionLog.open(opening, now: { now }).log.abandon()
            trace.append("open and close")
        } catch LogError.storageFailed {
            trace.append("open failed")
        }
        opening.wasCleanShutdown = false
        guard random.oneIn(2) else { return true }
        cutPower()
        opening.fileSystem = disk
        return true
    }

    private mutating func cutPower() {
        let seed = random.next()
        trace.append("power loss \(seed)")
        disk = disk.afterPowerLoss(seed: seed)
    }

    // MARK: Use

    private mutating func use(_ log: PartitionLog) throws {
        isInterrupted = false
        for _ in 0..<random.below(60) where !isInterrupted && log.isWritable {
            switch random.below(24) {
            case 0..<11: try send(to: log)
            case 11..<15: try end(log)
            case 15..<19: try sync(log)
            case 19: checkpoint = max(checkpoint ?? 0, log.recoveryPoint)
            case 20: try deleteRecords(log)
            case 21: expire(log)
            default: try maintain(log)
            }
            try checkOffsets(log)
            if random.oneIn(3) { try check(log) }
        }
        try check(log)
    }

    private func checkOffsets(_ log: PartitionLog) throws {
        let expected = model.lastStable(log.offsets.highWatermark)
        guard log.offsets.lastStable == expected else {
            throw Failure(description: "stable up to \(log.offsets.lastStable), expected \(expected)")
        }
        guard configuration.durability == .os || log.offsets.highWatermark <= model.synced else {
            throw Failure(description: "visible to \(log.offsets.highWatermark), synced \(model.synced)")
        }
    }

    /// Reads as a consumer does, from somewhere.
    private mutating func check(_ log: PartitionLog) throws {
        let offsets = log.offsets
        let span = offsets.lastStable - offsets.start
        let from = random.oneIn(2) ? offsets.start : offsets.start + Int64(random.below(Int(span) + 1))
        let maxBytes = 1 + random.below(2_000)
        for consumer in ReferenceConsumer.allCases {
            var found: [Model.Entry] = []
            var next = from
            while next < offsets.lastStable {
                let slice = try log.read(
                    from: next, upTo: offsets.lastStable, maxBytes: maxBytes, atLeastOneBatch: true)
                // Compaction may have joined batches across the last stable offset of now.
                if slice.isEmpty { break }
                let aborted = try log.abortedTransactions(in: next..<slice.nextOffset)
                for record in try consumer.records(of: slice, aborted) where record.offset >= next {
                    found.append(
                        Model.Entry(
                            offset: record.offset, key: record.key.map(String.init(decoding:)) ?? "",
                            value: record.value.map(String.init(decoding:)) ?? ""))
                }
                guard slice.nextOffset > next else { throw Failure(description: "no progress at \(next)") }
                next = slice.nextOffset
            }
            try model.check(found, from: from, upTo: offsets.lastStable, "\(consumer) from \(from)")
        }
    }

    // MARK: Sending

    private mutating func send(to log: PartitionLog) throws {
        now = now + Int64(random.below(8_000))
        var batch = makeBatch(at: log.offsets.end)
        let isClient = batch.sequence >= 0 || batch.producer < 0
        let token = batch.kind == .transactional ? try verification(for: batch, log) : nil
        let records = try encode(batch)
        let expected: [Model.Judgement] =
            batch.producer < 0
            ? [.append]
            : model.judge(batch, isClient: isClient, verifications[batch.producer], with: token)
        let found = try judgement {
            try log.append(
                records, origin: isClient ? .client : .coordinator, leaderEpoch: LeaderEpoch(rawValue: 0),
                now: now, verification: token)
        }
        let what = "\(batch.kind) \(batch.entries.count) of \(batch.producer)/\(batch.epoch) "
        trace.append(what + "from \(batch.sequence): \(found)")
        guard expected.contains(found) else { throw Failure(description: "expected \(expected)") }
        guard found == .append else { return }
        batch.next = log.offsets.end
        model.append(batch)
        if batch.kind == .transactional { endVerification(of: batch.producer) }
    }

    private mutating func makeBatch(at offset: Offset) -> Model.Batch {
        let count = 1 + random.below(3)
        let entries = (0..<count).map { index in
            valueCount += 1
            return Model.Entry(
                offset: offset + Int64(index), key: "k\(random.below(5))", value: "v\(valueCount)")
        }
        var batch = Model.Batch(
            base: offset, next: offset, producer: -1, epoch: -1, sequence: -1, kind: .plain,
            entries: entries)
        guard !random.oneIn(5) else { return batch }
        batch.producer = Int64(random.below(Self.producerCount))
        batch.kind = batch.producer == 0 || random.oneIn(12) ? .idempotent : .transactional
        let known = model.producers[batch.producer]
        batch.epoch = max(0, known?.epoch ?? 0)
        batch.sequence = (known?.recent.last?.last ?? -1) + 1
        switch random.below(14) {
        case 0: batch.epoch += 1
        case 1:
            batch.epoch += 1
            batch.sequence = 0
        case 2: batch.epoch = max(0, batch.epoch - 1)
        case 3: batch.sequence += Int32(random.below(3))
        case 4: batch.sequence = 0
        case 5, 6:
            if let sent = known?.recent.randomElement(using: &random), sent.first >= 0 {
                batch.sequence = sent.first
                batch.entries = (0...Int(sent.last - sent.first)).map { index in
                    Model.Entry(offset: offset + Int64(index), key: "k0", value: "again")
                }
            }
        case 7 where batch.kind == .transactional: batch.sequence = -1
        default: break
        }
        return batch
    }

    /// What the batch is sent with: mostly what is right.
    private mutating func verification(
        for batch: Model.Batch, _ log: PartitionLog
    ) throws -> TransactionVerification? {
        if random.oneIn(8) { return nil }
        if random.oneIn(8) { return oldTokens.randomElement(using: &random) }
        let known = model.producers[batch.producer]
        let isOpen = known?.openStart != nil && known?.epoch == batch.epoch
        let bumpsEpoch = random.oneIn(3)
        let token = log.beginVerification(
            of: ProducerID(rawValue: batch.producer), epoch: ProducerEpoch(rawValue: batch.epoch),
            sequence: batch.sequence, bumpsEpoch: bumpsEpoch)
        guard (token == nil) == isOpen else {
            throw Failure(description: "verification of \(batch.producer) is \(token.debugDescription)")
        }
        guard let token else { return nil }
        if var current = verifications[batch.producer] {
            guard current.token == token else { throw Failure(description: "two verifications at once") }
            if batch.epoch > current.epoch {
                (current.epoch, current.lowest) = (batch.epoch, batch.sequence)
                current.bumpsEpoch = bumpsEpoch
            } else if batch.epoch == current.epoch {
                current.lowest = min(current.lowest, batch.sequence)
            }
            verifications[batch.producer] = current
        } else {
            guard !oldTokens.contains(token) else { throw Failure(description: "a token of old") }
            verifications[batch.producer] = Model.Verification(
                token: token, epoch: batch.epoch, lowest: batch.sequence, bumpsEpoch: bumpsEpoch)
        }
        return token
    }

    private mutating func endVerification(of producer: Int64) {
        if let verification = verifications.removeValue(forKey: producer) {
            oldTokens.append(verification.token)
        }
    }

    private func encode(_ batch: Model.Batch) throws -> Bytes {
        var builder = RecordBatchBuilder(capacity: 256)
        for entry in batch.entries {
            try builder.append(key: Bytes(entry.key), value: Bytes(entry.value), timestamp: now)
        }
        var options = RecordBatchBuilder.Options()
        options.producerID = ProducerID(rawValue: batch.producer)
        options.producerEpoch = ProducerEpoch(rawValue: batch.epoch)
        options.baseSequence = batch.sequence
        options.isTransactional = batch.kind == .transactional
        return try builder.build(options)
    }

    private func judgement(_ body: () throws -> AppendResult) throws -> Model.Judgement {
        do {
            let result = try body()
            return result.isDuplicate ? .duplicate(of: result.firstOffset) : .append
        } catch let error as LogError {
            guard case .invalidProducer = error else { throw error }
            return .refuse(error.errorCode)
        }
    }

    /// Ends a transaction, or what may pass for one.
    private mutating func end(_ log: PartitionLog) throws {
        let id = Int64(random.below(Self.producerCount))
        let known = model.producers[id]
        let isEpochBumped = random.oneIn(2)
        var epoch = max(0, known?.epoch ?? 0) + (isEpochBumped ? 1 : 0)
        var coordinator = max(0, known?.coordinator ?? 0)
        switch random.below(8) {
        case 0: epoch = max(0, epoch - 1)
        case 1: coordinator -= 1
        case 2: coordinator += 1
        default: break
        }
        let isCommit = random.oneIn(2)
        let expected = model.judge(
            markerOf: id, epoch: epoch, coordinator: coordinator, isEpochBumped: isEpochBumped)
        let base = log.offsets.end
        let found = try judgement {
            try log.appendMarker(
                TransactionMarker(isCommit: isCommit, coordinatorEpoch: coordinator),
                of: ProducerID(rawValue: id), epoch: ProducerEpoch(rawValue: epoch),
                isEpochBumped: isEpochBumped, leaderEpoch: LeaderEpoch(rawValue: 0), now: now)
        }
        trace.append("\(isCommit ? "commit" : "abort") \(id)/\(epoch) at \(base): \(found)")
        guard expected == found else { throw Failure(description: "expected \(expected)") }
        guard found == .append else { return }
        model.append(
            Model.Batch(
                base: base, next: log.offsets.end, producer: id, epoch: epoch, sequence: -1,
                kind: .marker(isCommit: isCommit, coordinator: coordinator)))
        endVerification(of: id)
    }

    // MARK: Housekeeping

    private mutating func sync(_ log: PartitionLog) throws {
        guard let request = log.beginSync() else { return }
        let covered = log.offsets.end
        if random.oneIn(2) { try send(to: log) }
        if random.oneIn(3) { try end(log) }
        try checkOffsets(log)
        try request.perform()
        model.synced = max(model.synced, covered)
        log.finishSync(request, .success(()), now: now)
        trace.append("sync to \(covered)")
    }

    private mutating func deleteRecords(_ log: PartitionLog) throws {
        let span = log.offsets.highWatermark - log.offsets.start
        guard span > 0, random.oneIn(3) else { return }
        let start = try log.deleteRecords(before: log.offsets.start + Int64(random.below(Int(span) + 1)))
        startCheckpoint = start
        model.start = start
        trace.append("delete before \(start)")
    }

    private mutating func expire(_ log: PartitionLog) {
        guard random.oneIn(3) else { return }
        // Verifications are seen once, and go the second time.
        log.expireProducers(now: now)
        now = now + configuration.producerIDExpirationMs
        log.expireProducers(now: now)
        model.expire()
        oldTokens += verifications.sorted { $0.key < $1.key }.map(\.value.token)
        verifications = [:]
        trace.append("expire")
    }

    private mutating func maintain(_ log: PartitionLog) throws {
        guard let view = log.beginMaintenance() else {
            throw Failure(description: "maintenance is not possible")
        }
        if random.oneIn(6) {
            let operations: [FileSystemError.Operation] = [.open, .write, .sync, .rename, .syncDirectory]
            disk.inject(
                SimulatedFault(
                    operations[random.below(operations.count)], errno: 5, afterSuccesses: random.below(12)))
        }
        var outcome = MaintenanceOutcome()
        let kind = random.below(3)
        if kind == 1, configuration.compaction != nil {
            model.compacted = max(model.compacted, min(log.recoveryPoint, log.activeBaseOffset))
        }
        let result = Result { () throws(LogError) in
            switch kind {
            case 0: try view.applyRetention(now: now, &outcome)
            case 1:
                try view.compact(
                    cleaned: cleaned, now: now, mapByteCount: random.oneIn(3) ? 1 : 1 << 16, throttle,
                    &outcome)
            default:
                _ = try view.compressNextSegment(now: now, throttle, &outcome)
            }
        }
        disk.clearFaults()
        var failure: LogError?
        if case .failure(let error) = result { failure = error }
        log.finishMaintenance(outcome, failure, now: now)
        trace.append("maintain \(kind) \(outcome.figures) \(failure.map { "\($0)" } ?? "")")
        if let offset = outcome.cleanedOffset, failure == nil, random.oneIn(2) { cleaned = offset }
        model.start = log.offsets.start
        if failure != nil { isInterrupted = random.oneIn(2) || !log.isWritable }
        for path in outcome.discardedPaths { try disk.removeIfPresent(path) }
    }
}
