import MartletCore
import MartletRecords
import Testing

/// Random logs of random batches; `MARTLET_FUZZ_SEED` repeats a run.
@Suite("Rewriting random batches")
struct BatchMergerPropertyTests {
    @Test("merging keeps exactly the records that are wanted, each as it was")
    func property() throws {
        for round in 0..<max(200, UInt64(FuzzTests.inputCount / 100)) {
            let seed = FuzzTests.seed &+ round
            var generator = SplitMix64(seed: seed)
            let batches = try Self.randomLog(using: &generator)
            let options = Self.randomOptions(using: &generator)
            let isFiltered = Bool.random(using: &generator)
            let horizon: Timestamp? = Bool.random(using: &generator) ? 12_345 : nil
            var merger = BatchMerger(options)
            var expected: [Record] = []
            for batch in batches {
                let treatments: [BatchMerger.Treatment] =
                    [.join, .join, .join, .join, .keepApart(evenIfEmpty: true), .copy]
                    + (isFiltered ? [.keepApart(evenIfEmpty: false), .drop] : [])
                let treatment = treatments.randomElement(using: &generator) ?? .join
                var records = try batch.records().all()
                if isFiltered {
                    let kept = Set(records.map(\.offset).filter { _ in Bool.random(using: &generator) })
                    try merger.append(batch, as: treatment, deleteHorizon: horizon) { view, _, header in
                        kept.contains(header.offset(of: view))
                    }
                    if treatment != .copy, !batch.header.isControl {
                        records.removeAll { !kept.contains($0.offset) }
                    }
                } else {
                    try merger.append(batch, as: treatment)
                }
                if treatment != .drop { expected += records }
            }
            try merger.flush()
            let result = try BatchMergerTests.takeOutput(of: &merger)
            let found = try result.flatMap { try $0.records().all() }
            #expect(found == expected, "MARTLET_FUZZ_SEED=\(seed)")
            var last: Offset = -1
            for batch in result {
                #expect(batch.header.baseOffset > last, "MARTLET_FUZZ_SEED=\(seed)")
                last = batch.header.lastOffset
            }
            #expect(last <= (batches.last?.header.lastOffset ?? -1), "MARTLET_FUZZ_SEED=\(seed)")
        }
    }

    @Test("damaged batches are merged or refused, and what follows them is not harmed")
    func damaged() throws {
        var generator = SplitMix64(seed: FuzzTests.seed)
        let originals = ClientBatch.all.map { [UInt8]($0.bytes) }
        let good = try BatchMergerTests.single(BatchMergerTests.records(1)[0]) {
            $0.baseOffset = 0x100_0000_0000
        }
        for _ in 0..<FuzzTests.inputCount / 4 {
            var options = Self.randomOptions(using: &generator)
            options.maximumDecompressedBytes = 100_000
            var merger = BatchMerger(options)
            for _ in 0..<3 {
                var bytes = originals[Int.random(in: 0..<originals.count, using: &generator)]
                FuzzTests.damage(&bytes, using: &generator)
                guard let batch = try? RecordBatch(Bytes(bytes)) else { continue }
                let salt = Int32.random(in: 0..<4, using: &generator)
                if salt == 0 {
                    try? merger.append(batch, as: .join)
                } else {
                    try? merger.append(batch, as: .join, deleteHorizon: 1) { view, _, _ in
                        view.offsetDelta % salt == 0
                    }
                }
                _ = try? batch.transcoded(to: .lz4, maximumDecompressedBytes: 100_000)
            }
            try merger.append(RecordBatch(good), as: .join)
            try merger.flush()
            let last = merger.withOutput { $1.last?.lastOffset }
            #expect(last == 0x100_0000_0000)
        }
    }

    private static func randomOptions(using generator: inout SplitMix64) -> BatchMerger.Options {
        var options = BatchMerger.Options()
        options.compression =
            ([nil] + Compression.allCases.map { $0 }).randomElement(using: &generator) ?? nil
        options.targetByteCount = [0, 300, 4_000, 100_000].randomElement(using: &generator) ?? 0
        return options
    }

    private static func randomLog(using generator: inout SplitMix64) throws -> [RecordBatch] {
        var next = Int64.random(in: 0..<1_000, using: &generator)
        return try (0..<Int.random(in: 1...30, using: &generator)).map { _ in
            var options = RecordBatchBuilder.Options()
            options.leaderEpoch = LeaderEpoch(rawValue: Int32(next / 500))
            options.compression = Compression.allCases.randomElement(using: &generator) ?? .none
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: options.logAppendTime = Timestamp(rawValue: Int64.random(in: 7...8, using: &generator))
            case 1: options.setProducer(4, epoch: 0, sequence: 17)
            case 2, 3:
                options.isControl = Int.random(in: 0..<4, using: &generator) == 0
                options.setProducer(5, epoch: 0, sequence: 17, isTransactional: true)
            default: break
            }
            next += Int64.random(in: 0...2, using: &generator)
            options.baseOffset = Offset(rawValue: next)
            var builder = RecordBatchBuilder()
            let count = options.isControl ? 1 : Int.random(in: 0...12, using: &generator)
            var delta: Int32 = -1
            for _ in 0..<count {
                delta += Int32.random(in: 1...3, using: &generator)
                try Self.appendRandomRecord(to: &builder, delta, using: &generator)
            }
            options.lastOffsetDelta = max(delta, 0) + Int32.random(in: 0...1, using: &generator)
            let batch = try RecordBatch(builder.build(options))
            next = batch.header.lastOffset.rawValue + 1
            return batch
        }
    }

    private static func appendRandomRecord(
        to builder: inout RecordBatchBuilder, _ offsetDelta: Int32, using generator: inout SplitMix64
    ) throws {
        func bytes() -> Bytes? {
            let size = Int.random(in: -1...60, using: &generator)
            return size < 0 ? nil : Bytes([UInt8](repeating: UInt8(size), count: size))
        }
        let headers = (0..<Int.random(in: 0...2, using: &generator)).map { index in
            RecordHeader(key: "header \(index)", value: bytes())
        }
        let times: [Int64] = [
            -1, 0, 1_700_000_000_000, Int64.max, Int64.random(in: 0..<10_000, using: &generator),
        ]
        let timestamp = Timestamp(rawValue: times.randomElement(using: &generator) ?? 0)
        try builder.append(
            key: bytes(), value: bytes(), headers: headers, timestamp: timestamp, offsetDelta: offsetDelta)
    }
}
