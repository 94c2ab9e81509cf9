import MartletCore
import MartletLog
import MartletRecords
import Testing

@Suite("Compaction")
struct CompactionTests {
    private func makeLog(
        segmentBytes: Int = 160, _ configure: (inout LogConfiguration) -> Void = { _ in }
    ) throws -> LogHarness {
        try LogHarness { configuration in
            configuration.segmentBytes = segmentBytes
            var policy = CompactionPolicy()
            policy.minCleanableDirtyRatio = 0
            configuration.compaction = policy
            configure(&configuration)
        }
    }

    /// Fills a segment, so that all before it can be compacted.
    private func seal(_ harness: LogHarness) throws {
        try harness.append(try keyed(["filler": String(repeating: "x", count: 60)]))
        try harness.sync()
    }

    @Test("the last value of each key stays, at its offset")
    func lastValues() throws {
        let harness = try makeLog()
        try harness.append(try keyed(["a": "1", "b": "1"]))
        try harness.append(try keyed(["a": "2", "c": "1"]))
        try harness.append(try keyed(["b": "2", "a": "3"]))
        try seal(harness)
        let outcome = try harness.compact()
        #expect(outcome.cleanedOffset == 6)
        #expect(try harness.contents().dropLast() == ["3 c=1", "4 b=2", "5 a=3"])
        try harness.crash()
        #expect(try harness.contents().dropLast() == ["3 c=1", "4 b=2", "5 a=3"])
        #expect(harness.summary.cutReason == nil)
    }

    @Test("a reader who asks for an offset that is gone gets the next that is there")
    func gaps() throws {
        let harness = try makeLog()
        for value in 0..<20 { try harness.append(try keyed(["a": "\(value)"])) }
        try seal(harness)
        try harness.compact()
        for offset in 0..<20 {
            let slice = try harness.log.read(
                from: Offset(rawValue: Int64(offset)), upTo: 21, maxBytes: 100, atLeastOneBatch: true)
            #expect(slice.nextOffset > Offset(rawValue: Int64(offset)), "no progress at \(offset)")
        }
        #expect(try harness.contents().first == "19 a=19")
    }

    @Test("a reader is not given batches without records, as long as there are others behind")
    func emptyBatches() throws {
        let harness = try makeLog()
        for sequence in 0..<4 {
            // Each is the last of its producer, and stays as an empty batch.
            try harness.append(
                try keyed(["a": "old"]) { options in
                    options.producerID = ProducerID(rawValue: Int64(sequence))
                    options.producerEpoch = ProducerEpoch(rawValue: 0)
                    options.baseSequence = 0
                })
        }
        try harness.append(try keyed(["a": "new"]))
        try seal(harness)
        try harness.compact()
        let slice = try harness.log.read(from: 0, upTo: 6, maxBytes: 10, atLeastOneBatch: true)
        #expect(try slice.records().map(\.offset) == [4])
    }

    @Test("the mark of a deleted key stays for delete.retention.ms after it was first compacted")
    func tombstones() throws {
        let harness = try makeLog { $0.compaction?.deleteRetentionMs = 10_000 }
        try harness.append(try keyed(["a": "1"]))
        try harness.append(try keyed(["a": nil]))
        try seal(harness)
        let first = try harness.compact()
        #expect(try harness.contents().first == "1 a=deleted")
        let time = try #require(try harness.records().first).timestamp
        #expect(time == 1_700_000_000_000, "the delete horizon must not change the time of the record")

        harness.now = harness.now + 9_000
        try seal(harness)
        let second = try harness.compact(cleaned: first.cleanedOffset)
        #expect(try harness.contents().first == "1 a=deleted")

        harness.now = harness.now + 2_000
        try seal(harness)
        try harness.compact(cleaned: second.cleanedOffset)
        #expect(try !harness.contents().contains { $0.contains("a=") })
    }

    @Test("a key that does not fit into the memory is dealt with in a further pass")
    func severalPasses() throws {
        let harness = try makeLog(segmentBytes: 2_000)
        for round in 0..<3 {
            for key in 0..<100 { try harness.append(try keyed(["key \(key)": "\(round)"])) }
        }
        try harness.append(try keyed(["filler": String(repeating: "x", count: 1_900)]))
        try harness.sync()
        // Sixteen slots, of which twelve are used.
        let outcome = try harness.compact(mapByteCount: 1)
        #expect(outcome.cleanedOffset == 300)
        let contents = try harness.contents().dropLast()
        #expect(contents.count == 100)
        #expect(contents.allSatisfy { $0.hasSuffix("=2") })
    }

    @Test("records younger than min.compaction.lag.ms are not touched")
    func lag() throws {
        let harness = try makeLog { $0.compaction?.minLagMs = 60_000 }
        try harness.append(try keyed(["a": "1"], at: harness.now))
        try harness.append(try keyed(["a": "2"], at: harness.now))
        try harness.append(try keyed(["filler": String(repeating: "x", count: 60)], at: harness.now))
        try harness.sync()
        try harness.compact()
        #expect(try harness.contents().first == "0 a=1")
        harness.now = harness.now + 61_000
        try harness.compact()
        #expect(try harness.contents().first == "1 a=2")
    }

    @Test("a log is left alone until enough of it is new, or it has waited for max.compaction.lag.ms")
    func dirtyRatio() throws {
        let harness = try makeLog { $0.compaction?.minCleanableDirtyRatio = 0.9 }
        try harness.append(try keyed(["a": "1"], at: harness.now))
        try harness.append(try keyed(["a": "2"], at: harness.now))
        try seal(harness)
        let first = try harness.compact()
        #expect(first.cleanedOffset == 2)
        try harness.append(try keyed(["a": "3"], at: harness.now))
        try seal(harness)
        #expect(try harness.compact(cleaned: 2).isEmpty)
        harness.log.configuration.compaction?.maxLagMs = 1_000
        harness.now = harness.now + 2_000
        #expect(try !harness.compact(cleaned: 2).isEmpty)
    }

    @Test("a producer goes on with its sequence although its batches were compacted away")
    func idempotence() throws {
        let harness = try makeLog()
        for sequence in 0..<3 {
            try harness.append(
                try keyed(["a": "\(sequence)"]) { options in
                    options.producerID = ProducerID(rawValue: 7)
                    options.producerEpoch = ProducerEpoch(rawValue: 0)
                    options.baseSequence = Int32(sequence)
                })
        }
        try harness.append(try keyed(["a": "other"]))
        try seal(harness)
        try harness.compact()
        try harness.crash()
        // Without the snapshot only the log can tell.
        harness.log.abandon()
        for name in harness.fileNames where name.hasSuffix(".snapshot") {
            try harness.fileSystem.remove(harness.directory + "/" + name)
        }
        try harness.crash()
        #expect(harness.log.producers[ProducerID(rawValue: 7)]?.lastBatch?.lastSequence == 2)
        #expect(try harness.contents().first == "3 a=other")
    }

    @Test("small segments become one")
    func grouping() throws {
        let harness = try makeLog()
        for value in 0..<30 { try harness.append(try keyed(["a": "\(value)"])) }
        try seal(harness)
        let before = harness.log.segmentCount
        try harness.compact()
        #expect(before > 10)
        #expect(harness.log.segmentCount <= 3)
    }

    // MARK: Transactions

    private func transactional(_ records: KeyValuePairs<String, String?>, producer: Int64, sequence: Int32)
        throws -> Bytes
    {
        try keyed(records) { options in
            options.producerID = ProducerID(rawValue: producer)
            options.producerEpoch = ProducerEpoch(rawValue: 0)
            options.baseSequence = sequence
            options.isTransactional = true
        }
    }

    @Test("records of aborted transactions go, and never hide the value before them")
    func aborted() throws {
        let harness = try makeLog()
        try harness.append(try keyed(["a": "before", "b": "before"]))
        try harness.appendInTransaction(try transactional(["a": "aborted"], producer: 1, sequence: 0))
        try harness.appendInTransaction(try transactional(["b": "committed"], producer: 2, sequence: 0))
        try harness.end(1, commits: false)
        try harness.end(2, commits: true)
        try seal(harness)
        try harness.compact()
        let contents = try harness.contents()
        #expect(contents.contains("0 a=before"))
        #expect(contents.contains("3 b=committed"))
        #expect(!contents.contains { $0.contains("aborted") })
        #expect(!contents.contains("1 b=before"))
    }

    @Test("nothing behind the start of an open transaction is compacted")
    func openTransaction() throws {
        let harness = try makeLog()
        try harness.append(try keyed(["a": "1"]))
        try harness.appendInTransaction(try transactional(["a": "undecided"], producer: 1, sequence: 0))
        try harness.append(try keyed(["a": "2"]))
        try seal(harness)
        try harness.compact()
        #expect(try harness.contents().prefix(3) == ["0 a=1", "1 a=undecided", "2 a=2"])
    }
}
