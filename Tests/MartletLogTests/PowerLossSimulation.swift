import MartletCore
import MartletLog
import MartletRecords
import MartletSimulation

/// Uses a log at random, cuts the power at random, and compares what is left with what must be.
struct PowerLossSimulation {
    private struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// A batch as it was appended.
    private struct Model {
        var baseOffset: Offset
        var nextOffset: Offset
        var checksum: UInt32
    }

    private struct Producer {
        var id: Int64
        var sequence: Int32 = 0
    }

    private static let partition = TopicPartition("t", 0)
    private static let crashes = 3
    private(set) var trace: [String] = []
    private var random: SeededGenerator
    private var disk = SimulatedDisk()
    private var configuration = LogConfiguration()
    private var model: [Model] = []
    /// Everything below was acknowledged, and must survive.
    private var synced: Offset = 0
    private var checkpoint: Offset?
    private var producers: [Producer] = [Producer(id: 1), Producer(id: 2)]
    private var now: Timestamp = 1_700_000_000_000
    private var isInterrupted = false

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        configuration.segmentBytes = [3_000, 5_000, 20_000][random.below(3)]
        configuration.indexIntervalBytes = [1, 200, 1_000][random.below(3)]
        configuration.durability = random.oneIn(4) ? .os : .sync
        configuration.recoveryCheckBytes = [0, 600, 1 << 20][random.below(3)]
        configuration.preallocation.isEnabled = !random.oneIn(4)
        configuration.preallocation.smallestBytes = 1_024
        configuration.preallocation.largestBytes = 4_096
    }

    mutating func run() throws {
        try disk.createDirectory("/d")
        try disk.syncDirectory("/")
        var wasClean = false
        for _ in 0..<Self.crashes {
            let log = try open(wasClean: wasClean)
            try use(log)
            wasClean = false
            switch random.below(6) {
            case 0 where !isInterrupted:
                trace.append("close")
                let end = log.offsets.end
                wasClean = try close(log)
                synced = end
                // Power may go once all is closed, and nothing may be missing then either.
                if random.oneIn(2) { cutPower() }
            case 1:
                trace.append("kill")
                log.abandon()
            default:
                log.abandon()
                cutPower()
            }
        }
        _ = try open(wasClean: wasClean)
    }

    /// Alone, or as one of many. False if power went before all was done.
    private mutating func close(_ log: PartitionLog) throws -> Bool {
        let request = try log.close()
        if random.oneIn(2) {
            try request.perform()
            return true
        }
        try request.begin()
        guard try disk.syncAll("/d") else { return false }
        try request.finish()
        if random.oneIn(3) {
            cutPower()
            return false
        }
        return try disk.syncAll("/d")
    }

    private mutating func cutPower() {
        let seed = random.next()
        trace.append("power loss \(seed)")
        disk = disk.afterPowerLoss(seed: seed)
    }

    private mutating func open(wasClean: Bool) throws -> PartitionLog {
        var opening = LogOpening(directory: "/d/t-0", topicPartition: Self.partition, fileSystem: disk)
        opening.configuration = configuration
        opening.wasCleanShutdown = wasClean
        opening.recoveryPoint = checkpoint
        try interruptOpening(&opening)
        let now = now
        let (log, summary) = try PartitionLog.open(opening, now: { now })
        trace.append("\(summary)")
        try check(log, isClean: wasClean && !summary.wasUnclean)
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
                operations[random.below(operations.count)], errno: 5, afterSuccesses: random.below(4)))
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

    /// Compares a log that was just opened with the model.
    private mutating func check(_ log: PartitionLog, isClean: Bool) throws {
        let end = log.offsets.end
        guard end >= synced else {
            throw Failure(description: "lost offsets \(end)..<\(synced), which were synced")
        }
        guard log.offsets.highWatermark == end else {
            throw Failure(description: "recovered, but not visible")
        }
        guard end <= model.last?.nextOffset ?? 0 else {
            throw Failure(description: "more than was appended: \(end)")
        }
        if let cut = model.firstIndex(where: { $0.nextOffset > end }) {
            guard model[cut].baseOffset >= end else {
                throw Failure(description: "half a batch survived at \(end)")
            }
            model.removeSubrange(cut...)
        }
        try compare(log)
        synced = end
        for index in producers.indices {
            let entry = log.producers[ProducerID(rawValue: producers[index].id)]
            producers[index].sequence = entry?.lastBatch.map { $0.lastSequence + 1 } ?? 0
        }
    }

    /// Reads the log from its start and checks that it is what was appended.
    private mutating func compare(_ log: PartitionLog) throws {
        var next: Offset = 0
        var index = 0
        while next < log.offsets.end {
            let slice = try log.read(
                from: next, upTo: log.offsets.end, maxBytes: 1 + random.below(2_000), atLeastOneBatch: true)
            guard !slice.isEmpty else { throw Failure(description: "nothing to read at \(next)") }
            try slice.bytes().withUnsafeBytes { bytes in
                var cursor = BatchCursor(bytes)
                while let batch = try cursor.next() {
                    try batch.header.validate(cursor[batch], from: .log)
                    guard index < model.count, batch.header.baseOffset == model[index].baseOffset,
                        batch.header.crc == model[index].checksum
                    else {
                        throw Failure(
                            description: "another batch than was appended at \(batch.header.baseOffset)")
                    }
                    index += 1
                }
            }
            next = slice.nextOffset
        }
        guard index == model.count else {
            throw Failure(description: "\(model.count - index) batches are missing")
        }
    }

    private mutating func use(_ log: PartitionLog) throws {
        isInterrupted = false
        for _ in 0..<random.below(25) where !isInterrupted {
            switch random.below(12) {
            case 0..<7: try append(to: log)
            case 7..<10: try sync(log)
            case 10:
                // The broker's checkpoint is on disk before anything else happens.
                checkpoint = max(checkpoint ?? 0, log.recoveryPoint)
                trace.append("checkpoint \(log.recoveryPoint)")
            default:
                let from = Offset(random.below(Int(log.offsets.highWatermark.rawValue) + 1))
                _ = try log.read(
                    from: from, upTo: log.offsets.highWatermark, maxBytes: random.below(500),
                    atLeastOneBatch: true)
            }
            guard configuration.durability == .os || log.offsets.highWatermark <= synced else {
                throw Failure(
                    description: "consumers see up to \(log.offsets.highWatermark), synced is \(synced)")
            }
        }
    }

    private mutating func append(to log: PartitionLog) throws {
        var set: [UInt8] = []
        for _ in 0..<(random.oneIn(4) ? 3 : 1) { set += [UInt8](try makeBatch()) }
        now = now + Int64(random.below(10_000))
        let records = Bytes(set)
        let result = try log.append(records, origin: .client, leaderEpoch: LeaderEpoch(rawValue: 0), now: now)
        trace.append("append \(set.count) at \(result.firstOffset)")
        guard result.firstOffset == model.last?.nextOffset ?? 0, !result.isDuplicate else {
            throw Failure(description: "appended at \(result.firstOffset)")
        }
        try records.withUnsafeBytes { bytes in
            var cursor = BatchCursor(bytes)
            while let batch = try cursor.next() {
                model.append(
                    Model(
                        baseOffset: batch.header.baseOffset, nextOffset: batch.header.nextOffset,
                        checksum: batch.header.crc))
            }
        }
        if let write = log.takeWriteBack() {
            try write.perform()
            log.finishWriteBack(.success(()))
        }
    }

    private mutating func makeBatch() throws -> Bytes {
        var builder = RecordBatchBuilder(capacity: 256)
        let count = 1 + random.below(4)
        for _ in 0..<count {
            let size = random.oneIn(10) ? random.below(500) : random.below(30)
            let value = Bytes([UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: size))
            try builder.append(key: nil, value: value, timestamp: now + Int64(random.below(1_000)) - 500)
        }
        var options = RecordBatchBuilder.Options()
        if random.oneIn(2) {
            let index = random.below(producers.count)
            options.producerID = ProducerID(rawValue: producers[index].id)
            options.producerEpoch = ProducerEpoch(rawValue: 0)
            options.baseSequence = producers[index].sequence
            producers[index].sequence += Int32(count)
        }
        return try builder.build(options)
    }

    private mutating func sync(_ log: PartitionLog) throws {
        guard let request = log.beginSync() else { return }
        let covered = log.offsets.end
        // What comes while the disk is busy is not covered.
        if random.oneIn(3) { try append(to: log) }
        if random.oneIn(8) {
            // The power goes, or the disk fails, while the sync is under way.
            disk.inject(SimulatedFault(.sync, errno: 5, afterSuccesses: random.below(4)))
            let result = Result { () throws(LogError) in try request.perform() }
            disk.clearFaults()
            isInterrupted = true
            if case .success = result { synced = covered }
            trace.append("sync interrupted")
            log.finishSync(request, result, now: now)
            return
        }
        try request.perform()
        log.finishSync(request, .success(()), now: now)
        synced = covered
        trace.append("sync to \(covered)")
    }
}
