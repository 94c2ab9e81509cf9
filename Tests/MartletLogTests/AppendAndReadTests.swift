import MartletCore
import MartletLog
import MartletRecords
import Testing

@Suite("Appending and reading")
struct AppendAndReadTests {
    @Test(
        "records come back in order, with dense offsets, as far as they are durable",
        arguments: Storage.allCases)
    func roundTrip(storage: Storage) throws {
        let harness = try LogHarness(storage)
        let first = try harness.append(batch(["a", "b"]))
        #expect(first.firstOffset == 0 && first.nextOffset == 2 && !first.isDuplicate)
        #expect(try harness.append(batch(["c"]) + batch(["d", "e"])).nextOffset == 5)
        #expect(harness.log.offsets.end == 5)
        #expect(harness.log.offsets.highWatermark == 0)
        #expect(try harness.values() == [])
        try harness.sync()
        #expect(harness.log.offsets.highWatermark == 5)
        #expect(try harness.values() == ["a", "b", "c", "d", "e"])
        #expect(try harness.values(from: 3) == ["d", "e"])
    }

    @Test("the high watermark follows what was appended before the sync began, not what came during it")
    func syncCoversItsBeginning() throws {
        let harness = try LogHarness()
        try harness.append(batch(["a"]))
        let request = try #require(harness.log.beginSync())
        try harness.append(batch(["b"]))
        #expect(harness.log.beginSync() == nil, "one sync at a time")
        try request.perform()
        harness.log.finishSync(request, .success(()), now: harness.now)
        #expect(harness.log.offsets.highWatermark == 1)
        try harness.sync()
        #expect(harness.log.offsets.highWatermark == 2)
        #expect(harness.log.beginSync() == nil, "nothing is left to sync")
    }

    @Test("with os durability records are visible at once")
    func osDurability() throws {
        let harness = try LogHarness { $0.durability = .os }
        try harness.append(batch(["a"]))
        #expect(try harness.values() == ["a"])
        #expect(harness.log.recoveryPoint == 0)
        try harness.sync()
        #expect(harness.log.recoveryPoint == 1)
    }

    @Test("segments roll by size, and readers cross them", arguments: Storage.allCases, [1, 500, 100_000])
    func roll(storage: Storage, maxBytes: Int) throws {
        let harness = try LogHarness(storage) {
            $0.segmentBytes = 1_000
            $0.indexIntervalBytes = 200
            $0.durability = .os
        }
        let values = (0..<200).map { "value \($0)" }
        for value in values { try harness.append(batch([value])) }
        #expect(harness.log.segmentCount > 10)
        #expect(try harness.values(maxBytes: maxBytes) == values)
        for offset in [0, 1, 57, 123, 199] {
            #expect(try harness.values(from: Offset(offset), maxBytes: maxBytes).first == values[offset])
        }
    }

    @Test(
        "a slice has whole batches, ends at the limit, and within the bytes asked for", arguments: [300, 20])
    func slices(batches: Int) throws {
        // With more batches than are remembered, the index and the segment answer instead.
        let harness = try LogHarness { $0.indexIntervalBytes = 500 }
        for index in 0..<batches { try harness.append(batch(["\(index)x", "\(index)y"])) }
        let size = try batch(["100x", "100y"]).count
        let slice = try harness.log.read(from: 11, upTo: 31, maxBytes: 3 * size, atLeastOneBatch: false)
        #expect(slice.baseOffset == 10)
        #expect(slice.nextOffset == 16)
        #expect(try slice.records().map(\.offset) == (10..<16).map { Offset($0) })
        let limited = try harness.log.read(from: 11, upTo: 14, maxBytes: 1 << 20, atLeastOneBatch: false)
        #expect(try limited.records().map(\.offset) == (10..<14).map { Offset($0) })
        #expect(try harness.log.read(from: 4, upTo: 31, maxBytes: 1, atLeastOneBatch: false).isEmpty)
        #expect(try harness.log.read(from: 4, upTo: 31, maxBytes: 1, atLeastOneBatch: true).nextOffset == 6)
        #expect(try harness.log.read(from: 31, upTo: 31, maxBytes: 100, atLeastOneBatch: true).isEmpty)
    }

    @Test("offsets before the start and behind the end are refused")
    func outOfRange() throws {
        let harness = try LogHarness()
        try harness.append(batch(["a"]))
        #expect(throws: LogError.self) {
            try harness.log.read(from: 2, upTo: 2, maxBytes: 1, atLeastOneBatch: true)
        }
        #expect(throws: LogError.self) {
            try harness.log.read(from: -1, upTo: 1, maxBytes: 1, atLeastOneBatch: true)
        }
    }

    @Test("a slice outlives its segment", arguments: Storage.allCases)
    func sliceKeepsFile(storage: Storage) throws {
        let harness = try LogHarness(storage) { $0.durability = .os }
        try harness.append(batch(["a"]))
        let slice = try harness.log.read(from: 0, upTo: 1, maxBytes: 100, atLeastOneBatch: true)
        harness.log.abandon()
        try harness.fileSystem.remove(harness.path(.log, 0))
        #expect(try slice.records().count == 1)
    }

    @Test("what a topic does not allow is refused and leaves no trace")
    func refusals() throws {
        let harness = try LogHarness {
            $0.maxMessageBytes = 200
            $0.segmentBytes = 600
        }
        func code(_ records: Bytes) throws -> ErrorCode? {
            do {
                try harness.append(records)
                return nil
            } catch let error as LogError {
                return error.errorCode
            }
        }
        let good = try batch(["fine"])
        #expect(try code(batch([String(repeating: "x", count: 300)])) == .messageTooLarge)
        #expect(try code(good + batch([String(repeating: "x", count: 300)])) == .messageTooLarge)
        #expect(try code(batch(["a"], at: harness.now + 7_200_000)) == .invalidTimestamp)
        #expect(try code(batch(["a"]) { $0.baseOffset = 7 }) == .invalidRecord)
        #expect(try code(good[0..<good.count - 1]) == .invalidRecord)
        #expect(try code(Bytes.empty) == .invalidRecord)
        var flipped = [UInt8](good)
        flipped[70] ^= 1
        #expect(try code(Bytes(flipped)) == .corruptMessage)
        let many = try (0..<10).reduce(Bytes.empty) { all, _ in try all + batch(["aaaaaaaaaa"]) }
        #expect(try code(many) == .recordListTooLarge)
        #expect(harness.log.offsets.end == 0)
        #expect(try harness.append(good).firstOffset == 0)
    }

    @Test("a topic with the broker's time gives it to every record, and the checksum stays right")
    func logAppendTime() throws {
        let harness = try LogHarness { $0.timestampType = .logAppendTime }
        let result = try harness.append(batch(["a", "b"], at: 5))
        #expect(result.logAppendTime == harness.now)
        try harness.sync()
        let slice = try harness.log.read(from: 0, upTo: 2, maxBytes: 1_000, atLeastOneBatch: true)
        #expect(try slice.records().map(\.timestamp) == [harness.now, harness.now])
        try slice.bytes().withUnsafeBytes { bytes in _ = try BatchHeader.validated(bytes, from: .log) }
    }

    @Test("replicated batches keep their offsets and epochs, and may leave gaps, but never go back")
    func replication() throws {
        let harness = try LogHarness()
        let first = try batch(["a"]) {
            $0.baseOffset = 3
            $0.leaderEpoch = LeaderEpoch(rawValue: 4)
        }
        try harness.append(first, origin: .replication, epoch: LeaderEpoch(rawValue: 9))
        #expect(harness.log.offsets.end == 4)
        #expect(harness.log.latestEpoch == LeaderEpoch(rawValue: 4))
        #expect(throws: LogError.self) { try harness.append(first, origin: .replication) }
    }

    @Test("segments roll by age, by the clock and by the times of the records")
    func age() throws {
        let harness = try LogHarness { $0.segmentMs = 60_000 }
        try harness.append(batch(["a"], at: harness.now))
        harness.now = harness.now + 50_000
        try harness.log.rollIfNeeded(now: harness.now)
        #expect(harness.log.segmentCount == 1)
        try harness.append(batch(["b"], at: harness.now + 20_000))
        #expect(harness.log.segmentCount == 2)
        harness.now = harness.now + 60_001
        try harness.log.rollIfNeeded(now: harness.now)
        #expect(harness.log.segmentCount == 3)
        harness.now = harness.now + 60_001
        try harness.log.rollIfNeeded(now: harness.now)
        #expect(harness.log.segmentCount == 3, "an empty segment does not age")
    }

    @Test("leader epochs tell where a leader's records end, across restarts")
    func epochs() throws {
        let harness = try LogHarness()
        try harness.append(batch(["a", "b"]), epoch: LeaderEpoch(rawValue: 1))
        try harness.append(batch(["c"]), epoch: LeaderEpoch(rawValue: 5))
        for _ in 0..<2 {
            #expect(harness.log.endOffset(for: LeaderEpoch(rawValue: 1)) == (LeaderEpoch(rawValue: 1), 2))
            #expect(harness.log.endOffset(for: LeaderEpoch(rawValue: 3)) == (LeaderEpoch(rawValue: 1), 2))
            #expect(harness.log.endOffset(for: LeaderEpoch(rawValue: 5)) == (LeaderEpoch(rawValue: 5), 3))
            #expect(harness.log.endOffset(for: LeaderEpoch(rawValue: 6)) == (LeaderEpoch.none, Offset.none))
            #expect(harness.log.endOffset(for: LeaderEpoch(rawValue: 0)) == (LeaderEpoch(rawValue: 0), 0))
            try harness.restart()
        }
    }
}
