import MartletCore
import MartletLog
import MartletRecords
import Testing

@Suite("Transactions on disk")
struct TransactionIndexTests {
    private func makeLog(_ configure: (inout LogConfiguration) -> Void = { _ in }) throws -> LogHarness {
        try LogHarness { configuration in
            configuration.segmentBytes = 300
            var policy = CompactionPolicy()
            policy.minCleanableDirtyRatio = 0
            policy.deleteRetentionMs = 1_000
            configuration.compaction = policy
            configure(&configuration)
        }
    }

    private func send(
        _ key: String, _ value: String, of producer: Int64, _ sequence: Int32, to log: LogHarness
    )
        throws
    {
        let records = try keyed([key: value]) { options in
            options.producerID = ProducerID(rawValue: producer)
            options.producerEpoch = ProducerEpoch(rawValue: 0)
            options.baseSequence = sequence
            options.isTransactional = true
        }
        try log.appendInTransaction(records)
    }

    private func seal(_ harness: LogHarness) throws {
        for _ in 0..<3 { try harness.append(try keyed(["filler": String(repeating: "x", count: 90)])) }
        try harness.sync()
    }

    @Test(
        "an aborted transaction is forgotten with its marker, else later records of its producer were hidden"
    )
    func entriesGoWithMarkers() throws {
        let harness = try makeLog()
        try send("a", "aborted", of: 1, 0, to: harness)
        try harness.end(1, commits: false)
        try send("b", "committed", of: 1, 1, to: harness)
        try harness.end(1, commits: true)
        try seal(harness)
        let all: Range<Offset> = 0..<4
        #expect(try harness.log.abortedTransactions(in: all).count == 1)
        // The first pass removes the records, the second dates the marker, the third removes it.
        for round in 0..<3 {
            try harness.compact()
            for consumer in ReferenceConsumer.allCases {
                let values = try harness.committedValues(maxBytes: 10_000, as: consumer)
                #expect(values.first == "committed", "to \(consumer) in round \(round)")
            }
            harness.now = harness.now + 2_000
            try seal(harness)
        }
        #expect(try harness.log.abortedTransactions(in: all).isEmpty)
        try harness.restart()
        #expect(try harness.log.abortedTransactions(in: all).isEmpty)
    }

    @Test("an index that is not what was written is found out, not believed, and made anew")
    func damagedIndex() throws {
        let harness = try makeLog { $0.compaction = nil }
        var producer = TestProducer(1)
        for _ in 0..<4 {
            try producer.send(["aborted"], to: harness)
            try harness.end(1, commits: false)
        }
        try seal(harness)
        let segment = try #require(
            harness.fileNames.compactMap(SegmentFile.parse).first { $0.kind == .txnindex }?.baseOffset)
        let before = try harness.log.abortedTransactions(in: 0..<8)
        #expect(before.count == 4)
        try harness.restart()
        let path = harness.path(.txnindex, segment)
        let file = try harness.fileSystem.open(path, .readWrite)
        try file.write([9], at: 9)
        let error = #expect(throws: LogError.self) { try harness.log.abortedTransactions(in: 0..<8) }
        #expect(error?.errorCode == .corruptMessage)
        let request = try #require(harness.log.takeSurvey(now: harness.now))
        harness.log.finishSurvey(request, .success(try request.perform()))
        #expect(try harness.log.abortedTransactions(in: 0..<8) == before)
        try harness.restart()
        #expect(try harness.log.abortedTransactions(in: 0..<8) == before)
        #expect(try harness.committedValues().allSatisfy { $0.hasPrefix("x") })
    }

    @Test("a transaction that nobody ends does not keep old segments from being deleted")
    func hangingTransaction() throws {
        let harness = try makeLog {
            $0.compaction = nil
            $0.retention.byteCount = 500
        }
        var producer = TestProducer(1)
        try producer.send(["hanging"], to: harness)
        for _ in 0..<4 { try seal(harness) }
        #expect(harness.log.offsets.lastStable == 0)
        try harness.retain()
        #expect(harness.log.offsets.start > 4)
        #expect(harness.log.offsets.lastStable == harness.log.offsets.start)
        try harness.end(1, commits: false)
        try harness.sync()
        #expect(harness.log.offsets.lastStable == harness.log.offsets.highWatermark)
    }

    @Test("the file is Kafka's: 34 bytes for each aborted transaction")
    func format() throws {
        let harness = try makeLog { $0.compaction = nil }
        try harness.append(batch(["plain"]))
        try send("a", "aborted", of: 7, 0, to: harness)
        try harness.end(7, commits: false)
        try harness.restart()
        let bytes = try #require(try harness.fileSystem.contents(of: harness.path(.txnindex, 0)))
        #expect(
            [UInt8](bytes) == [0, 0] + [0, 0, 0, 0, 0, 0, 0, 7] + [0, 0, 0, 0, 0, 0, 0, 1]
                + [0, 0, 0, 0, 0, 0, 0, 2] + [0, 0, 0, 0, 0, 0, 0, 3])
    }

    @Test("of thousands of aborted transactions a reader is told those that it needs")
    func manyAborted() throws {
        let harness = try LogHarness { $0.segmentBytes = 20_000 }
        var producers = (0..<50).map { TestProducer(Int64($0)) }
        for round in 0..<100 {
            for index in producers.indices { try producers[index].send(["\(round)"], to: harness) }
            for index in producers.indices { try harness.end(Int64(index), commits: false) }
        }
        try harness.sync()
        #expect(harness.log.segmentCount > 10)
        let middle: Range<Offset> = 5_030..<5_040
        let found = try harness.log.abortedTransactions(in: middle)
        #expect(found.map(\.firstOffset) == (5_000..<5_040).map { Offset($0) })
        #expect(try harness.log.abortedTransactions(in: 0..<10_000).count == 5_000)
        #expect(try harness.log.abortedTransactions(in: 10_000..<10_001).isEmpty)
        #expect(try harness.committedValues().isEmpty)
    }
}
