import MartletCore
import MartletLog
import MartletRecords
import MartletSimulation

/// Fills a log, flips one bit of one of its files, and reads it all: what is served must be what was
/// appended, and what is not must have been reported.
struct BitFlipSimulation {
    private struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private struct Appended {
        var offset: Offset
        var timestamp: Timestamp
        var value: String
        /// Which call to append it came with.
        var batch: Int
    }

    private static let partition = TopicPartition("t", 0)
    private static let directory = "/d/t-0"
    private(set) var trace: [String] = []
    private var random: SeededGenerator
    private let disk = SimulatedDisk()
    private var configuration = LogConfiguration()
    private var model: [Appended] = []
    private var synced: Offset = 0
    private var now: Timestamp = 1_700_000_000_000
    private var batchCount = 0
    private var target = ""

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        configuration.segmentBytes = [1_500, 3_000, 20_000][random.below(3)]
        configuration.indexIntervalBytes = [1, 200, 1_000][random.below(3)]
        configuration.recoveryCheckBytes = [0, 600, 1 << 20][random.below(3)]
        configuration.preallocation.isEnabled = !random.oneIn(3)
        configuration.preallocation.smallestBytes = 1_024
        configuration.preallocation.largestBytes = 4_096
        if random.oneIn(4) {
            var policy = SegmentCompressionPolicy(.lz4)
            policy.minLagMs = 0
            configuration.segmentCompression = policy
        }
    }

    mutating func run() throws {
        try disk.createDirectory("/d")
        var log = try open(wasClean: false)
        let isClean = random.oneIn(2)
        for _ in 0..<(10 + random.below(60)) { try append(to: log) }
        try sync(log)
        if configuration.segmentCompression != nil { try compress(log) }
        if random.oneIn(3) {
            // In an active segment that was taken over from an earlier start, too.
            try log.close().perform()
            log = try open(wasClean: true)
            for _ in 0..<random.below(10) { try append(to: log) }
            try sync(log)
        }
        if !isClean { for _ in 0..<random.below(3) { try append(to: log) } }
        if isClean {
            try log.close().perform()
            synced = log.offsets.end
        } else {
            log.abandon()
        }
        try flip()
        log = try open(wasClean: isClean)
        try check(log)
        try log.close().perform()
        // What was found out is not forgotten.
        let damaged = log.damagedOffsetCount
        log = try open(wasClean: random.oneIn(2))
        guard log.damagedOffsetCount == damaged else {
            throw Failure(
                description: "\(damaged) damaged offsets, \(log.damagedOffsetCount) after a restart")
        }
        try check(log)
    }

    // MARK: Before

    private mutating func open(wasClean: Bool) throws -> PartitionLog {
        var opening = LogOpening(
            directory: Self.directory, topicPartition: Self.partition, fileSystem: disk)
        opening.configuration = configuration
        opening.wasCleanShutdown = wasClean
        let now = now
        let (log, summary) = try PartitionLog.open(opening, now: { now })
        trace.append("\(summary)")
        return log
    }

    private mutating func append(to log: PartitionLog) throws {
        now = now + Int64(random.below(5_000))
        batchCount += 1
        var builder = RecordBatchBuilder(capacity: 256)
        let next = log.offsets.end
        for index in 0..<(1 + random.below(4)) {
            let timestamp = now + (Int64(random.below(3_000)) - 1_500)
            let text = "\(batchCount)-\(index)-" + String(repeating: "x", count: random.below(60))
            try builder.append(key: nil, value: Bytes(text), timestamp: timestamp)
            model.append(
                Appended(
                    offset: next + Int64(index), timestamp: timestamp, value: text, batch: batchCount))
        }
        var options = RecordBatchBuilder.Options()
        if random.oneIn(4) { options.compression = .lz4 }
        _ = try log.append(
            builder.build(options), origin: .client, leaderEpoch: LeaderEpoch(rawValue: 0), now: now)
    }

    private mutating func sync(_ log: PartitionLog) throws {
        guard let request = log.beginSync() else { return }
        try request.perform()
        log.finishSync(request, .success(()), now: now)
        synced = log.offsets.end
    }

    private func compress(_ log: PartitionLog) throws {
        for _ in 0..<3 {
            guard let view = log.beginMaintenance() else { return }
            var outcome = MaintenanceOutcome()
            _ = try view.compressNextSegment(
                now: now + 1_000_000, MaintenanceThrottle(bytesPerSecond: .infinity), &outcome)
            log.finishMaintenance(outcome, nil, now: now)
            for path in outcome.discardedPaths { try disk.removeIfPresent(path) }
        }
    }

    private mutating func flip() throws {
        var names = try disk.list(Self.directory)
        if random.oneIn(2) { names.removeAll { !$0.hasSuffix(".log") } }
        var sizes: [(String, Int)] = []
        for name in names {
            let path = Self.directory + "/" + name
            let size = Int(try disk.open(path, .readOnly).size())
            if size > 0 { sizes.append((path, size)) }
        }
        guard !sizes.isEmpty else { return }
        let (path, size) = sizes[random.below(sizes.count)]
        let position = random.below(size)
        let bit = random.below(8)
        try disk.flipBit(path, at: position, bit: bit)
        target = path
        trace.append("flip bit \(bit) of byte \(position) of \(size) in \(path)")
    }

    // MARK: After

    private mutating func check(_ log: PartitionLog) throws {
        let served = try readAll(log)
        try checkMissing(served, log)
        for _ in 0..<10 { try lookUp(log, served) }
        let end = log.offsets.end
        guard end >= synced else { throw Failure(description: "ends at \(end), synced was \(synced)") }
        var builder = RecordBatchBuilder(capacity: 64)
        try builder.append(key: nil, value: "after", timestamp: now)
        let result = try log.append(
            builder.build(), origin: .client, leaderEpoch: LeaderEpoch(rawValue: 0), now: now)
        // What was not synced may be gone, and its offsets given out again.
        model.removeAll { $0.offset >= result.firstOffset }
        batchCount += 1
        model.append(
            Appended(offset: result.firstOffset, timestamp: now, value: "after", batch: batchCount))
        try sync(log)
    }

    /// Everything that can be read, in order.
    private mutating func readAll(_ log: PartitionLog) throws -> Set<Int> {
        var served: Set<Int> = []
        var next = log.offsets.start
        while next < log.offsets.highWatermark {
            do {
                let slice = try log.read(
                    from: next, upTo: log.offsets.highWatermark, maxBytes: 1 + random.below(1_000),
                    atLeastOneBatch: true)
                guard !slice.isEmpty, slice.nextOffset > next else {
                    throw Failure(description: "no progress at \(next)")
                }
                for record in try slice.records() where record.offset >= next {
                    let index = model.firstIndex { $0.offset == record.offset }
                    guard let index, model[index].timestamp == record.timestamp,
                        record.value.map(String.init(decoding:)) == model[index].value
                    else { throw Failure(description: "served at \(record.offset) what was not appended") }
                    served.insert(index)
                }
                next = slice.nextOffset
            } catch let error as LogError {
                if try survey(log) { continue }
                guard let region = log.damage.first(where: { $0.region.offsets.contains(next) }) else {
                    throw Failure(description: "not explained: \(error)")
                }
                next = region.region.offsets.upperBound
            }
        }
        _ = try survey(log)
        return served
    }

    private mutating func survey(_ log: PartitionLog) throws -> Bool {
        guard let request = log.takeSurvey(now: now) else { return false }
        let result = Result { () throws(LogError) in try request.perform() }
        log.finishSurvey(request, result)
        trace.append("survey: \(try result.get())")
        return true
    }

    private func checkMissing(_ served: Set<Int>, _ log: PartitionLog) throws {
        var batches: Set<Int> = []
        for index in model.indices where !served.contains(index) {
            let offset = model[index].offset
            if offset >= synced, offset >= log.offsets.end { continue }
            guard log.damage.contains(where: { $0.region.offsets.contains(offset) }) else {
                throw Failure(description: "\(offset) is missing, and nobody says so")
            }
            batches.insert(model[index].batch)
        }
        // Background compression joins batches.
        let allowed = configuration.segmentCompression == nil ? 1 : Int.max
        guard batches.count <= (target.hasSuffix(".log") ? allowed : 0) else {
            throw Failure(description: "one bit takes \(batches.count) batches away")
        }
    }

    private mutating func lookUp(_ log: PartitionLog, _ served: Set<Int>) throws {
        let goal = (model.first?.timestamp ?? now) + (Int64(random.below(200_000)) - 5_000)
        let expected = model.indices.first { served.contains($0) && model[$0].timestamp >= goal }
        for attempt in 0..<2 {
            do {
                let found = try log.snapshot().offset(forTimestamp: goal)
                guard found?.offset == expected.map({ model[$0].offset }) else {
                    throw Failure(
                        description:
                            "\(goal) is at \(expected.map { "\(model[$0].offset)" } ?? "none"), "
                            + "found \(found.map { "\($0.offset)" } ?? "none")")
                }
                let largest = model.indices.filter { served.contains($0) }.map { model[$0].timestamp }.max()
                guard try log.snapshot().maxTimestamp()?.timestamp == largest else {
                    throw Failure(description: "another largest time than \(largest ?? 0)")
                }
                _ = try survey(log)
                return
            } catch let error as LogError {
                guard try survey(log), attempt == 0 else {
                    throw Failure(description: "look-up failed: \(error)")
                }
            }
        }
    }
}
