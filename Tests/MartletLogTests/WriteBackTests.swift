import MartletCore
import MartletLog
import MartletRecords
import MartletSimulation
import Testing

@Suite("Write-back and the page cache")
struct WriteBackTests {
    private let budget = PageCacheBudget(totalByteCount: 12_000)

    private func makeHarness(_ storage: Storage = .simulated) throws -> LogHarness {
        try LogHarness(storage) {
            $0.segmentBytes = 5_000
            $0.durability = .os
            $0.writeBack.intervalBytes = 1_000
            $0.writeBack.tailWindowBytes = 12_000
            $0.writeBack.smallestTailWindowBytes = 1_000
            $0.writeBack.budget = budget
        }
    }

    private func fill(_ harness: LogHarness, byteCount: Int) throws {
        var appended = 0
        while appended < byteCount {
            let records = try batch([String(repeating: "x", count: 100)])
            try harness.append(records)
            appended += records.count
            guard let write = harness.log.takeWriteBack() else { continue }
            try write.perform()
            harness.log.finishWriteBack(.success(()))
        }
    }

    @Test(
        "each log keeps its window of the page cache, with what is on its way, across segments",
        arguments: Storage.allCases)
    func window(storage: Storage) throws {
        let harness = try makeHarness(storage)
        try fill(harness, byteCount: 50_000)
        #expect((4_000...6_000).contains(budget.heldByteCount))
        #expect(try harness.values(maxBytes: 1_000).count > 200)
    }

    @Test("a log is ahead of the disk from when write-backs pile up until some are through")
    func aheadOfDisk() throws {
        let harness = try makeHarness()
        var unfinished: [WriteBack] = []
        while !harness.log.isAheadOfDisk {
            try #require(unfinished.count < 10)
            try harness.append(try batch([String(repeating: "x", count: 100)]))
            if let write = harness.log.takeWriteBack() { unfinished.append(write) }
        }
        #expect(unfinished.count > 2, "some are always under way")
        while let write = unfinished.popLast() {
            try write.perform()
            harness.log.finishWriteBack(.success(()))
            #expect(!harness.log.isAheadOfDisk)
        }
    }

    @Test("segments that are deleted are let go of, as open files keep their space on the disk")
    func deletion() throws {
        let harness = try makeHarness()
        try fill(harness, byteCount: 20_000)
        try harness.sync()
        _ = try harness.log.deleteRecords(before: harness.log.offsets.highWatermark)
        let outcome = try harness.retain()
        #expect(outcome.figures.deletedSegmentCount >= 3)
        // What is left belongs to the segment that is written.
        #expect(budget.heldByteCount < 2_000)
    }

    @Test("many logs share the budget, and give back their part when they are gone")
    func sharing() throws {
        do {
            var harnesses: [LogHarness] = []
            for _ in 0..<8 {
                let harness = try makeHarness()
                try fill(harness, byteCount: 10_000)
                harnesses.append(harness)
            }
            for _ in 0..<3 { for harness in harnesses { try fill(harness, byteCount: 5_000) } }
            // Each has at least the smallest window, and one piece more at times.
            #expect(budget.heldByteCount < 8 * 2_600)
        }
        #expect(budget.heldByteCount == 0)
    }

    @Test("a disk that fails a write-back takes the log offline, as the system tells of it only once")
    func failure() throws {
        let harness = try makeHarness()
        let disk = try #require(harness.fileSystem as? SimulatedDisk)
        for _ in 0..<20 { try harness.append(batch([String(repeating: "x", count: 100)])) }
        let write = try #require(harness.log.takeWriteBack())
        disk.inject(SimulatedFault(.writeBack, errno: 5))
        harness.log.finishWriteBack(Result { () throws(LogError) in try write.perform() })
        #expect(!harness.log.isWritable)
        #expect(harness.log.failure?.operation == .writeBack)
    }
}
