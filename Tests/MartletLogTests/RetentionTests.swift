import MartletCore
import MartletLog
import MartletRecords
import Testing

@Suite("Retention")
struct RetentionTests {
    /// A log of four segments, one record each, a minute apart.
    private func makeLog(_ configure: (inout LogConfiguration) -> Void) throws -> LogHarness {
        let harness = try LogHarness { configuration in
            configuration.segmentBytes = 100
            configuration.retention.milliseconds = nil
            configure(&configuration)
        }
        for value in ["a", "b", "c", "d"] {
            try harness.append(try batch([value], at: harness.now))
            harness.now = harness.now + 60_000
        }
        try harness.sync()
        return harness
    }

    @Test("segments whose newest record is too old go, and the log starts behind them")
    func byTime() throws {
        let harness = try makeLog { $0.retention.milliseconds = 150_000 }
        let outcome = try harness.retain()
        #expect(outcome.figures.deletedSegmentCount == 2)
        #expect(harness.log.offsets.start == 2)
        #expect(try harness.values(from: 2) == ["c", "d"])
        #expect(throws: LogError.self) { try harness.values(from: 1) }
        try harness.crash()
        #expect(harness.log.offsets.start == 2)
    }

    @Test("a topic that nobody writes any more becomes empty, and keeps its offsets")
    func idleLog() throws {
        let harness = try makeLog { $0.retention.milliseconds = 150_000 }
        harness.now = harness.now + 1_000_000
        try harness.retain()
        try harness.sync()
        try harness.retain()
        #expect(harness.log.offsets.start == 4)
        #expect(harness.log.offsets.end == 4)
        #expect(try harness.append(try batch(["e"], at: harness.now)).firstOffset == 4)
        try harness.sync()
        try harness.crash()
        #expect(try harness.values(from: 4) == ["e"])
    }

    @Test("the oldest segments go as long as the others have enough bytes")
    func bySize() throws {
        let harness = try makeLog { $0.retention.byteCount = 200 }
        // Four batches of about 70 bytes: without the first, there are still 200.
        #expect(try harness.retain().figures.deletedSegmentCount == 1)
        #expect(harness.log.offsets.start == 1)
    }

    @Test("deleted records are out of sight at once, and their segments go whatever the policy")
    func deleteRecords() throws {
        let harness = try makeLog { $0.retention.isEnabled = false }
        #expect(try harness.log.deleteRecords(before: 3) == 3)
        #expect(throws: LogError.self) { try harness.values(from: 2) }
        #expect(try harness.retain().figures.deletedSegmentCount == 3)
        #expect(try harness.values(from: 3) == ["d"])
        #expect(throws: LogError.self) { _ = try harness.log.deleteRecords(before: 5) }
    }

    @Test("what was not synced is not deleted")
    func unsynced() throws {
        let harness = try makeLog { $0.retention.byteCount = 0 }
        try harness.append(try batch(["e"], at: harness.now))
        try harness.append(try batch(["f"], at: harness.now))
        try harness.retain()
        #expect(harness.log.offsets.start <= 4)
        #expect(harness.log.offsets.start >= 3)
    }

    @Test(
        "who reads a segment finishes, although it was deleted and its files are gone",
        arguments: Storage.allCases)
    func reader(_ storage: Storage) throws {
        let harness = try LogHarness(storage) { configuration in
            configuration.segmentBytes = 100
            configuration.retention.milliseconds = 1
        }
        for value in ["a", "b"] { try harness.append(try batch([value], at: harness.now)) }
        try harness.sync()
        let slice = try harness.log.read(from: 0, upTo: 2, maxBytes: 1_000, atLeastOneBatch: true)
        let snapshot = harness.log.snapshot()
        harness.now = harness.now + 1_000
        let outcome = try harness.retain()
        #expect(outcome.discardedPaths.contains { $0.hasSuffix(".log.deleted") })
        for path in outcome.discardedPaths { try harness.fileSystem.removeIfPresent(path) }
        #expect(!harness.fileNames.contains { $0.hasPrefix("00000000000000000000.") })
        #expect(try slice.records().map(\.offset) == [0])
        #expect(try snapshot.offset(forTimestamp: 0)?.offset == 0)
    }

    @Test("files that were to be deleted later go at the next start")
    func leftOvers() throws {
        let harness = try makeLog { $0.retention.milliseconds = 150_000 }
        try harness.retain()
        #expect(harness.fileNames.contains { $0.hasSuffix(".deleted") })
        try harness.restart()
        #expect(!harness.fileNames.contains { $0.hasSuffix(".deleted") })
    }

    @Test("a log whose end fell below its deleted start goes on at the start")
    func startBeyondEnd() throws {
        let harness = try makeLog { _ in }
        harness.log.abandon()
        let (log, _) = try reopen(harness, startingAt: 9)
        #expect(log.offsets.start == 9)
        let result = try log.append(
            try batch(["new"]), origin: .client, leaderEpoch: LeaderEpoch(rawValue: 0), now: harness.now)
        #expect(result.firstOffset == 9)
    }

    private func reopen(
        _ harness: LogHarness, startingAt start: Offset
    ) throws -> (log: PartitionLog, summary: RecoverySummary) {
        var opening = LogOpening(
            directory: harness.directory, topicPartition: LogHarness.partition, fileSystem: harness.fileSystem
        )
        opening.logStartOffset = start
        let now = harness.now
        return try PartitionLog.open(opening, now: { now })
    }
}
