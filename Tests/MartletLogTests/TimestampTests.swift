import MartletCore
import MartletLog
import MartletRecords
import Testing

@Suite("Looking up by time")
struct TimestampTests {
    static let start: Timestamp = 1_700_000_000_000

    private func filled(_ storage: Storage, compression: Compression = .none) throws -> LogHarness {
        let harness = try LogHarness(storage) {
            $0.segmentBytes = 2_000
            $0.indexIntervalBytes = 300
            $0.durability = .os
        }
        // 100 batches of three records, a second apart.
        for index in 0..<100 {
            let time = Self.start + Int64(index) * 3_000
            try harness.append(
                batch(["a", "b", "c"], at: time, step: 1_000) { $0.compression = compression })
        }
        return harness
    }

    @Test("the first record of a time or later is found, in whatever segment", arguments: Storage.allCases)
    func lookup(storage: Storage) throws {
        let harness = try filled(storage)
        #expect(harness.log.segmentCount > 4)
        for _ in 0..<2 {
            let snapshot = harness.log.snapshot()
            for index in [0, 1, 2, 3, 40, 151, 299] {
                let found = try #require(try snapshot.offset(forTimestamp: Self.start + Int64(index) * 1_000))
                #expect(found.offset == Offset(index))
                let later = try #require(
                    try snapshot.offset(forTimestamp: Self.start + Int64(index) * 1_000 - 400))
                #expect(later.offset == Offset(index))
                #expect(later.timestamp == Self.start + Int64(index) * 1_000)
                #expect(later.leaderEpoch == LeaderEpoch(rawValue: 0))
            }
            #expect(try snapshot.offset(forTimestamp: 0)?.offset == 0)
            #expect(try snapshot.offset(forTimestamp: Self.start + 299_001) == nil)
            #expect(try snapshot.maxTimestamp()?.offset == 299)
            try harness.restart()
        }
    }

    @Test("the record within a compressed batch is found")
    func compressed() throws {
        let harness = try filled(.simulated, compression: .gzip)
        #expect(try harness.log.snapshot().offset(forTimestamp: Self.start + 100_500)?.offset == 101)
    }

    @Test("times that go back do not hide what came before them")
    func disorder() throws {
        let harness = try LogHarness {
            $0.indexIntervalBytes = 1
            $0.durability = .os
        }
        for (index, time) in [5_000, 9_000, 1_000, 2_000, 9_000, 7_000].enumerated() {
            try harness.append(batch(["\(index)"], at: Self.start + Int64(time)))
        }
        let snapshot = harness.log.snapshot()
        #expect(try snapshot.offset(forTimestamp: Self.start + 6_000)?.offset == 1)
        #expect(try snapshot.offset(forTimestamp: Self.start)?.offset == 0)
        #expect(try snapshot.maxTimestamp()?.offset == 1)
    }

    @Test("records beyond the high watermark are not found")
    func limit() throws {
        let harness = try LogHarness()
        try harness.append(batch(["a"], at: Self.start))
        try harness.sync()
        try harness.append(batch(["b"], at: Self.start + 1_000))
        let snapshot = harness.log.snapshot()
        #expect(try snapshot.offset(forTimestamp: Self.start + 1) == nil)
        #expect(try snapshot.maxTimestamp()?.offset == 0)
        #expect(try LogHarness().log.snapshot().maxTimestamp() == nil)
    }
}
