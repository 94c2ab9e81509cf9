import MartletCore
import MartletRecords
import Testing

@Suite("Rewriting batches")
struct BatchMergerTests {
    static func merge(
        _ batches: [Bytes], _ options: BatchMerger.Options, as treatment: BatchMerger.Treatment = .join
    ) throws -> [RecordBatch] {
        var merger = BatchMerger(options)
        for batch in batches { try merger.append(RecordBatch(batch), as: treatment) }
        try merger.flush()
        return try Self.takeOutput(of: &merger)
    }

    /// The finished batches, each found valid and as the merger announces it.
    static func takeOutput(of merger: inout BatchMerger) throws -> [RecordBatch] {
        let (bytes, headers) = merger.withOutput { (Bytes(copying: $0), $1) }
        var position = 0
        let batches = try headers.map { header in
            let batch = try RecordBatch(bytes[position..<bytes.count])
            position += batch.bytes.count
            #expect(batch.header == header)
            try batch.bytes.withUnsafeBytes { try header.validate($0, from: .log) }
            return batch
        }
        #expect(position == bytes.count)
        return batches
    }

    static func single(_ record: Record, _ change: (inout RecordBatchBuilder.Options) -> Void = { _ in })
        throws -> Bytes
    {
        var options = RecordBatchBuilder.Options()
        options.baseOffset = record.offset
        options.leaderEpoch = LeaderEpoch(rawValue: 3)
        change(&options)
        return try RecordBatchTests.build([record], options)
    }

    static func records(_ count: Int) -> [Record] {
        (0..<count).map {
            Record(
                offset: Offset(rawValue: Int64(100 + $0)), timestamp: Timestamp(rawValue: Int64(5_000 - $0)),
                key: Bytes("key \($0)"), value: "a value that repeats, a value that repeats")
        }
    }

    @Test("a thousand small batches become a few large ones, and smaller", arguments: Compression.allCases)
    func joins(compression: Compression) throws {
        let records = Self.records(1_000)
        let batches = try records.map { try Self.single($0) }
        var options = BatchMerger.Options()
        options.compression = compression
        options.targetByteCount = 30_000
        let merged = try Self.merge(batches, options)
        #expect((2...4).contains(merged.count))
        #expect(try merged.flatMap { try $0.records().all() } == records)
        #expect(merged.first?.header.baseOffset == 100)
        #expect(merged.last?.header.lastOffset == 1_099)
        #expect(
            merged.allSatisfy { $0.header.compression == compression && $0.header.leaderEpoch.rawValue == 3 })
        #expect(merged.first?.header.maxTimestamp == 5_000)
        let before = batches.reduce(0) { $0 + $1.count }
        let after = merged.reduce(0) { $0 + $1.bytes.count }
        #expect(after * 2 < before)
        // Once more changes nothing.
        #expect(try Self.merge(merged.map(\.bytes), options).map(\.bytes) == merged.map(\.bytes))
    }

    @Test("batches that one header cannot stand for stay apart")
    func apart() throws {
        let changes: [@Sendable (inout RecordBatchBuilder.Options) -> Void] = [
            { $0.leaderEpoch = LeaderEpoch(rawValue: 4) },
            { $0.logAppendTime = 77 },
            { $0.logAppendTime = 78 },
            { $0.isControl = true },
            { $0.isControl = true },
            { $0.setProducer(9, epoch: 1, sequence: 0, isTransactional: true) },
            { $0.setProducer(9, epoch: 2, sequence: 1, isTransactional: true) },
            { $0.setProducer(8, epoch: 2, sequence: 1, isTransactional: true) },
            { $0.compression = .gzip },
            { $0.baseOffset = 0x2_0000_0000 },
        ]
        let records = Self.records(changes.count)
        let batches = try zip(records, changes).map { try Self.single($0, $1) }
        let merged = try Self.merge(batches, BatchMerger.Options())
        #expect(merged.map(\.bytes) == batches)
    }

    @Test("a producer's transactional batches are joined and stay its own; idempotent ones become anybody's")
    func producers() throws {
        for isTransactional in [true, false] {
            let batches: [Bytes] = try Self.records(3).enumerated().map { index, record in
                try Self.single(record) {
                    $0.setProducer(9, epoch: 1, sequence: Int32(40 + index), isTransactional: isTransactional)
                }
            }
            let merged = try Self.merge(batches, BatchMerger.Options())
            let header = try #require(merged.first?.header)
            #expect(merged.count == 1)
            #expect(header.isTransactional == isTransactional)
            #expect(header.producerID.rawValue == (isTransactional ? 9 : -1))
            #expect(header.baseSequence == (isTransactional ? 40 : BatchHeader.noSequence))
            let kept = try Self.merge(batches, BatchMerger.Options(), as: .keepApart(evenIfEmpty: true))
            #expect(kept.map(\.bytes) == batches)
        }
    }

    @Test("a batch kept apart loses records, even all of them, but neither its offsets nor its sequence")
    func filtered() throws {
        var source = RecordBatchBuilder.Options()
        source.baseOffset = 70
        source.setProducer(9, epoch: 1, sequence: 40)
        source.compression = .lz4
        let batch = try RecordBatch(RecordBatchTests.build(RecordBatchTests.assorted, source))
        for kept in [[], [2], [0, 4]] as [[Int32]] {
            var merger = BatchMerger(BatchMerger.Options())
            try merger.append(batch, as: .keepApart(evenIfEmpty: false), deleteHorizon: nil) { view, _, _ in
                kept.contains(view.offsetDelta)
            }
            #expect(try Self.takeOutput(of: &merger).count == (kept.isEmpty ? 0 : 1))
            try merger.append(batch, as: .keepApart(evenIfEmpty: true), deleteHorizon: nil) { view, _, _ in
                kept.contains(view.offsetDelta)
            }
            let result = try #require(try Self.takeOutput(of: &merger).first)
            let header = result.header
            #expect(header.baseOffset == 70 && header.lastOffset == 74)
            #expect(header.baseSequence == 40 && header.lastSequence == 44)
            #expect(header.recordCount == Int32(kept.count))
            let offsets = try result.records().all().map { Int32($0.offset - 70) }
            #expect(offsets == kept)
            if kept == [2] { #expect(header.maxTimestamp == 1_699_999_999_999) }
            if kept.isEmpty { #expect(result.bytes.count == BatchHeader.byteCount) }
        }
    }

    @Test(
        "the delete horizon is set once, where a tombstone or a marker waits for it, and leaves times alone")
    func deleteHorizon() throws {
        let value = Self.records(1)[0]
        var tombstone = value
        tombstone.value = nil
        let inputs: [(batch: Bytes, horizon: Bool)] = [
            (try Self.single(value), false), (try Self.single(tombstone), true),
            (try Self.single(value) { $0.isControl = true }, true),
        ]
        for treatment in [.join, .keepApart(evenIfEmpty: true)] as [BatchMerger.Treatment] {
            for input in inputs {
                var merger = BatchMerger(BatchMerger.Options())
                var bytes = input.batch
                for horizon in [900_000, 950_000] as [Timestamp] {
                    try merger.append(RecordBatch(bytes), as: treatment, deleteHorizon: horizon) { _, _, _ in
                        true
                    }
                    try merger.flush()
                    let result = try #require(try Self.takeOutput(of: &merger).first)
                    bytes = result.bytes
                    #expect(result.header.hasDeleteHorizon == input.horizon)
                    #expect(result.header.baseTimestamp == (input.horizon ? 900_000 : 5_000))
                    #expect(result.header.maxTimestamp == 5_000)
                    #expect(try result.records().all() == RecordBatch(input.batch).records().all())
                }
            }
        }
    }

    @Test("a topic's codec takes the place of the producer's, and nothing else changes")
    func transcoding() throws {
        for client in ClientBatch.all {
            for compression in Compression.allCases {
                let batch = try RecordBatch(client.bytes)
                let result = try RecordBatch(batch.transcoded(to: compression))
                try result.bytes.withUnsafeBytes { try result.header.validate($0, from: .client) }
                #expect(result.header.compression == compression)
                #expect(result.header.maxTimestamp == batch.header.maxTimestamp)
                #expect(result.header.lastOffsetDelta == batch.header.lastOffsetDelta)
                #expect(try result.records().all() == ClientBatch.expected)
            }
        }
        let transactional = try RecordBatch(ClientBatch.transactional.bytes)
        let header = try RecordBatch(transactional.transcoded(to: .zstd, level: 1)).header
        #expect(
            header.isTransactional && header.producerID.rawValue == 4242
                && header.baseSequence == 2_147_483_646)
        var policy = RecordPolicy()
        policy.requiresKeys = true
        #expect(throws: RecordError.missingKey(index: 1)) {
            try transactional.transcoded(to: .gzip, checking: policy)
        }
    }
}

extension RecordBatchBuilder.Options {
    mutating func setProducer(_ id: Int64, epoch: Int16, sequence: Int32, isTransactional: Bool = false) {
        producerID = ProducerID(rawValue: id)
        producerEpoch = ProducerEpoch(rawValue: epoch)
        baseSequence = sequence
        self.isTransactional = isTransactional
    }
}
