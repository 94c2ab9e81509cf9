import MartletCore
import MartletLog
import MartletRecords
import Testing

@Suite("Compression at rest")
struct SegmentCompressionTests {
    private func makeLog(
        _ compression: Compression = .gzip, segmentBytes: Int = 20_000, _ storage: Storage = .simulated
    ) throws -> LogHarness {
        try LogHarness(storage) { configuration in
            configuration.segmentBytes = segmentBytes
            var policy = SegmentCompressionPolicy(compression)
            policy.minLagMs = 0
            configuration.segmentCompression = policy
        }
    }

    private func event(_ number: Int) -> String {
        "{\"event\":\"order.created\",\"id\":\(number),\"customer\":{\"name\":\"somebody\",\"country\":\"IS\"}}"
    }

    private func fill(_ harness: LogHarness, _ count: Int) throws {
        for number in 0..<count {
            try harness.append(
                try batch([event(number), event(number + 1)], at: harness.now, step: 3) { options in
                    guard number % 3 == 0 else { return }
                    options.producerID = ProducerID(rawValue: 7)
                    options.producerEpoch = ProducerEpoch(rawValue: 0)
                    options.baseSequence = Int32(number / 3 * 2)
                })
            harness.now = harness.now + 10
        }
        try harness.sync()
    }

    @Test(
        "small batches take a fraction of their space, and every record is as it was",
        arguments: Storage.allCases)
    func shrinks(_ storage: Storage) throws {
        for codec in [Compression.gzip, .snappy, .lz4, .zstd] {
            let harness = try makeLog(codec, storage)
            try fill(harness, 600)
            let before = try harness.records()
            let figures = try harness.compress()
            #expect(figures.rewrittenSegmentCount == harness.log.segmentCount - 1)
            #expect(figures.writtenByteCount < Int64(figures.rewrittenSegmentCount) * 20_000 / 3)
            #expect(try harness.records() == before)
            try harness.crash()
            #expect(try harness.records() == before)
            #expect(harness.summary.cutReason == nil)
        }
    }

    @Test("records are found by offset and by time as before")
    func lookUps() throws {
        let harness = try makeLog()
        try fill(harness, 400)
        try harness.compress()
        let snapshot = harness.log.snapshot()
        for number in stride(from: 0, to: 399, by: 7) {
            let time = Timestamp(rawValue: 1_700_000_000_000 + Int64(number) * 10)
            #expect(try snapshot.offset(forTimestamp: time)?.offset == Offset(rawValue: Int64(number) * 2))
            let start = Offset(rawValue: Int64(number) * 2 + 1)
            let slice = try harness.log.read(from: start, upTo: 800, maxBytes: 100, atLeastOneBatch: true)
            #expect(try slice.records().first { $0.offset >= start }?.offset == start)
        }
    }

    @Test("who reads an old segment goes on with it while it is replaced")
    func reader() throws {
        let harness = try makeLog()
        try fill(harness, 300)
        let slice = try harness.log.read(from: 0, upTo: 600, maxBytes: 5_000, atLeastOneBatch: true)
        let expected = try slice.records()
        try harness.compress()
        #expect(try slice.records() == expected)
    }

    @Test("data that does not shrink is tried once, and left as it is")
    func incompressible() throws {
        let harness = try makeLog()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<60 {
            let noise = (0..<1_000).map { _ in UInt8.random(in: 0...255, using: &random) }
            var builder = RecordBatchBuilder()
            try builder.append(key: nil, value: Bytes(noise), timestamp: harness.now)
            try harness.append(try builder.build(RecordBatchBuilder.Options()))
        }
        try harness.sync()
        #expect(try harness.compress().rewrittenSegmentCount == 0)
        try harness.restart()
        let view = try #require(harness.log.beginMaintenance())
        var outcome = MaintenanceOutcome()
        let hasMore = try view.compressNextSegment(
            now: harness.now, MaintenanceThrottle(bytesPerSecond: .infinity), &outcome)
        #expect(!hasMore, "what was settled stays so after a restart")
    }

    @Test("the log still tells a producer's sequence when all its segments were rewritten")
    func idempotence() throws {
        let harness = try makeLog()
        try fill(harness, 600)
        let expected = harness.log.producers[ProducerID(rawValue: 7)]?.lastBatch?.lastSequence
        try harness.compress()
        harness.log.abandon()
        for name in harness.fileNames where name.hasSuffix(".snapshot") {
            try harness.fileSystem.remove(harness.directory + "/" + name)
        }
        try harness.crash()
        #expect(harness.log.producers[ProducerID(rawValue: 7)]?.lastBatch?.lastSequence == expected)
    }

    @Test("a broker that stops, or a topic that is deleted, does not wait for it")
    func cancellation() throws {
        let harness = try makeLog()
        try fill(harness, 600)
        let view = try #require(harness.log.beginMaintenance())
        view.cancellation.cancel()
        var outcome = MaintenanceOutcome()
        _ = try view.compressNextSegment(
            now: harness.now, MaintenanceThrottle(bytesPerSecond: 1), &outcome)
        #expect(outcome.isEmpty)
        harness.log.finishMaintenance(outcome, nil, now: harness.now)
        try harness.restart()
        #expect(!harness.fileNames.contains { $0.hasSuffix(".cleaned") })
    }
}
