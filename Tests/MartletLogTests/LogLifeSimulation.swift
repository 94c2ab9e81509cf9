import MartletCore
import MartletLog
import MartletRecords
import MartletSimulation

/// Lets a log live: appends, syncs, retention, deletion, compaction, compression at rest, all at random, on a
/// disk that fails, fills up and loses power; and compares it with a model whenever it is opened.
struct LogLifeSimulation {
    typealias Failure = LogLifeModel.Failure

    private static let partition = TopicPartition("t", 0)
    private static let lives = 4
    private static let keyCount = 6
    private(set) var trace: [String] = []
    private var random: SeededGenerator
    private var disk: SimulatedDisk
    private var configuration = LogConfiguration()
    private var model = LogLifeModel()
    private var checkpoint: Offset?
    private var startCheckpoint: Offset?
    private var cleaned: Offset?
    private var now: Timestamp = 1_700_000_000_000
    private var isInterrupted = false
    private let throttle = MaintenanceThrottle(bytesPerSecond: .infinity)

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        var options = SimulatedDisk.Options()
        options.keepsDirectoryOrder = !random.oneIn(3)
        disk = SimulatedDisk(options)
        configuration.segmentBytes = [2_000, 4_000, 12_000][random.below(3)]
        configuration.indexIntervalBytes = [1, 200, 1_000][random.below(3)]
        configuration.durability = random.oneIn(4) ? .os : .sync
        configuration.recoveryCheckBytes = [0, 600, 1 << 20][random.below(3)]
        configuration.preallocation.isEnabled = !random.oneIn(4)
        configuration.preallocation.smallestBytes = 1_024
        configuration.preallocation.largestBytes = 4_096
        configuration.retention.isEnabled = random.oneIn(2)
        configuration.retention.milliseconds = random.oneIn(2) ? 60_000 : nil
        configuration.retention.byteCount = random.oneIn(2) ? 8_000 : nil
        if random.oneIn(2) {
            var policy = CompactionPolicy()
            policy.minCleanableDirtyRatio = [0, 0.3][random.below(2)]
            policy.minLagMs = random.oneIn(3) ? 5_000 : 0
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
        for _ in 0..<Self.lives {
            let log = try open(wasClean: wasClean)
            try use(log)
            wasClean = false
            switch random.below(6) {
            case 0 where log.isWritable && !isInterrupted:
                trace.append("close")
                try log.close().perform()
                model.synced = log.offsets.end
                wasClean = true
                if random.oneIn(2) { cutPower() }
            case 1 where !isInterrupted:
                trace.append("kill")
                log.abandon()
            default:
                log.abandon()
                cutPower()
            }
        }
        _ = try open(wasClean: wasClean)
    }

    private mutating func cutPower() {
        let seed = random.next()
        trace.append("power loss \(seed)")
        disk = disk.afterPowerLoss(seed: seed)
    }

    // MARK: Open

    private mutating func open(wasClean: Bool) throws -> PartitionLog {
        var opening = LogOpening(directory: "/d/t-0", topicPartition: Self.partition, fileSystem: disk)
        opening.configuration = configuration
        opening.wasCleanShutdown = wasClean
        opening.recoveryPoint = checkpoint
        opening.logStartOffset = startCheckpoint
        try interruptOpening(&opening)
        let now = now
        let (log, summary) = try PartitionLog.open(opening, now: { now })
        trace.append("\(summary)")
        try model.didOpen(log)
        try readAll(log)
        return log
    }

    /// Lets a start fail half-way now and then: the next must cope with what that one has changed.
    private mutating func interruptOpening(_ opening: inout LogOpening) throws {
        guard random.oneIn(4) else { return }
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
        if random.oneIn(2) {
            cutPower()
            opening.fileSystem = disk
        }
    }

    private mutating func readAll(_ log: PartitionLog) throws {
        var found: [LogLifeModel.Entry] = []
        var next = log.offsets.start
        let limit = log.offsets.highWatermark
        while next < limit {
            let slice = try log.read(
                from: next, upTo: limit, maxBytes: 1 + random.below(2_000), atLeastOneBatch: true)
            guard !slice.isEmpty, slice.nextOffset > next else {
                throw Failure(description: "nothing to read at \(next) of \(log.offsets)")
            }
            for record in try slice.records() where record.offset >= next {
                found.append(
                    LogLifeModel.Entry(
                        offset: record.offset, key: record.key.map(String.init(decoding:)) ?? "",
                        value: record.value.map(String.init(decoding:)), timestamp: record.timestamp,
                        headers: record.headers))
            }
            next = slice.nextOffset
        }
        try model.check(found, upTo: limit, keepsAll: configuration.compaction == nil)
    }

    // MARK: Use

    private mutating func use(_ log: PartitionLog) throws {
        isInterrupted = false
        for _ in 0..<random.below(40) where !isInterrupted && log.isWritable {
            switch random.below(20) {
            case 0..<9: try append(to: log)
            case 9..<13: try sync(log)
            case 13:
                checkpoint = max(checkpoint ?? 0, log.recoveryPoint)
                trace.append("checkpoint \(log.recoveryPoint)")
            case 14: try deleteRecords(log)
            case 15: try readAll(log)
            case 16: try fillDisk(log)
            default: try maintain(log)
            }
            guard configuration.durability == .os || log.offsets.highWatermark <= model.synced else {
                throw Failure(description: "visible to \(log.offsets.highWatermark), synced \(model.synced)")
            }
        }
    }

    private mutating func append(to log: PartitionLog) throws {
        now = now + Int64(random.below(8_000))
        let producer: Int64? = random.oneIn(3) ? Int64(1 + random.below(2)) : nil
        var entries: [LogLifeModel.Entry] = []
        var builder = RecordBatchBuilder(capacity: 256)
        for _ in 0..<1 + random.below(4) {
            let entry = makeEntry(at: log.offsets.end + Int64(entries.count))
            try builder.append(
                key: Bytes(entry.key), value: entry.value.map { Bytes($0) }, headers: entry.headers,
                timestamp: entry.timestamp)
            entries.append(entry)
        }
        var options = RecordBatchBuilder.Options()
        options.compression = [.none, .none, .lz4, .gzip][random.below(4)]
        if let producer {
            options.producerID = ProducerID(rawValue: producer)
            options.producerEpoch = ProducerEpoch(rawValue: 0)
            options.baseSequence = model.nextSequence(of: producer)
        }
        let records = try builder.build(options)
        do {
            let result = try log.append(
                records, origin: .client, leaderEpoch: LeaderEpoch(rawValue: 0), now: now)
            guard result.firstOffset == entries[0].offset, !result.isDuplicate else {
                throw Failure(description: "appended at \(result.firstOffset), not \(entries[0].offset)")
            }
            model.append(entries, producer: producer)
            trace.append("append \(entries.count) at \(result.firstOffset)")
        } catch LogError.storageFull {
            trace.append("append refused")
        }
        if let write = log.takeWriteBack() {
            try write.perform()
            log.finishWriteBack(.success(()))
        }
    }

    private mutating func makeEntry(at offset: Offset) -> LogLifeModel.Entry {
        let size = random.oneIn(10) ? random.below(400) : random.below(40)
        let value = random.oneIn(6) ? nil : "\(random.next() % 1_000)" + String(repeating: "v", count: size)
        let headers = random.oneIn(5) ? [RecordHeader(key: "h", value: Bytes("\(offset)"))] : []
        return LogLifeModel.Entry(
            offset: offset, key: "k\(random.below(Self.keyCount))", value: value,
            timestamp: now + Int64(random.below(1_000)) - 500, headers: headers)
    }

    private mutating func sync(_ log: PartitionLog) throws {
        guard let request = log.beginSync() else { return }
        let covered = log.offsets.end
        if random.oneIn(3) { try append(to: log) }
        if random.oneIn(10) {
            disk.inject(SimulatedFault(.sync, errno: 5, afterSuccesses: random.below(4)))
            let result = Result { () throws(LogError) in try request.perform() }
            disk.clearFaults()
            isInterrupted = true
            if case .success = result { model.synced = max(model.synced, covered) }
            trace.append("sync interrupted")
            log.finishSync(request, result, now: now)
            return
        }
        try request.perform()
        log.finishSync(request, .success(()), now: now)
        model.synced = max(model.synced, covered)
        trace.append("sync to \(covered)")
    }

    private mutating func deleteRecords(_ log: PartitionLog) throws {
        let span = log.offsets.highWatermark - log.offsets.start
        guard span > 0, random.oneIn(3) else { return }
        let start = try log.deleteRecords(before: log.offsets.start + Int64(random.below(Int(span) + 1)))
        // The broker's checkpoint is on disk before the client has its answer.
        startCheckpoint = start
        model.start = start
        model.durableStart = start
        trace.append("delete before \(start)")
    }

    /// The disk is full for a while: nothing is lost, and the log works on when there is room.
    private mutating func fillDisk(_ log: PartitionLog) throws {
        trace.append("disk full")
        disk.capacity = disk.usedByteCount + random.below(300)
        for _ in 0..<3 where !isInterrupted && log.isWritable {
            if random.oneIn(3) { try maintain(log) } else { try append(to: log) }
        }
        disk.capacity = .max
    }

    // MARK: Maintenance

    private mutating func maintain(_ log: PartitionLog) throws {
        guard let view = log.beginMaintenance() else {
            throw Failure(description: "maintenance is not possible")
        }
        let canFail = random.oneIn(4)
        if canFail {
            let operations: [FileSystemError.Operation] = [
                .open, .write, .sync, .rename, .syncDirectory, .remove, .read,
            ]
            disk.inject(
                SimulatedFault(
                    operations[random.below(operations.count)], errno: random.oneIn(2) ? 5 : 28,
                    afterSuccesses: random.below(12)))
        }
        var outcome = MaintenanceOutcome()
        let kind = random.below(3)
        // What compaction may touch at most.
        let limit = min(log.recoveryPoint, log.activeBaseOffset)
        if kind == 1, configuration.compaction != nil { model.compacted = max(model.compacted, limit) }
        // Others go on with the log meanwhile.
        if !canFail, random.oneIn(3) { try append(to: log) }
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
        let before = log.offsets.start
        var failure: LogError?
        if case .failure(let error) = result { failure = error }
        log.finishMaintenance(outcome, failure, now: now)
        trace.append("maintain \(kind) \(outcome.figures) \(failure.map { "\($0)" } ?? "")")
        if let offset = outcome.cleanedOffset, failure == nil, random.oneIn(2) { cleaned = offset }
        model.start = log.offsets.start
        // Names are gone for certain when the directory was synced, as retention does for each.
        if failure == nil, outcome.figures.deletedSegmentCount > 0 {
            model.durableStart = log.offsets.start
        }
        if random.oneIn(2) { try removeDiscarded(outcome) }
        guard
            configuration.retention.isEnabled || log.offsets.start == before || before < model.durableStart
                || kind == 0
        else { throw Failure(description: "maintenance moved the start") }
        if failure != nil { isInterrupted = random.oneIn(2) || !log.isWritable }
        if !isInterrupted { try readAll(log) }
    }

    private func removeDiscarded(_ outcome: MaintenanceOutcome) throws {
        for path in outcome.discardedPaths { try disk.removeIfPresent(path) }
    }
}
