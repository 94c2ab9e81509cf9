import MartletCore
import MartletRecords
import Testing

@Suite("Batch headers")
struct BatchHeaderTests {
    typealias Field = BatchHeader.Field

    /// A change to a valid batch, and what a broker must say to it.
    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let error: RecordError
        let code: ErrorCode
        let change: @Sendable (inout [UInt8]) -> Void

        init(
            _ name: String, _ error: RecordError, _ code: ErrorCode,
            _ change: @escaping @Sendable (inout [UInt8]) -> Void
        ) {
            testDescription = name
            self.error = error
            self.code = code
            self.change = change
        }
    }

    static let damages: [Damage] = [
        Damage("magic 0", .unsupportedMagic(0), .invalidRecord) { $0[Field.magic] = 0 },
        Damage("magic 1", .unsupportedMagic(1), .invalidRecord) { $0[Field.magic] = 1 },
        Damage("magic 3", .unknownMagic(3), .corruptMessage) { $0[Field.magic] = 3 },
        Damage("length 0", .invalidLength(0), .corruptMessage) { $0.put(0 as Int32, at: Field.batchLength) },
        Damage("length below the header", .invalidLength(48), .corruptMessage) {
            $0.put(48 as Int32, at: Field.batchLength)
        },
        Damage("negative length", .invalidLength(.min), .corruptMessage) {
            $0.put(Int32.min, at: Field.batchLength)
        },
        Damage(
            "length beyond the bytes", .truncated(byteCount: 72, needed: 12 + Int(Int32.max)), .invalidRecord
        ) {
            $0.put(Int32.max, at: Field.batchLength)
        },
        Damage("a second batch behind", .notOneBatch, .invalidRecord) { $0 += $0 },
        Damage("base offset", .nonZeroBaseOffset(5), .invalidRecord) {
            $0.put(5 as Int64, at: Field.baseOffset)
        },
        Damage(
            "offset overflow", .offsetOverflow(base: 0x7FFF_FFFF_FFFF_FFFF, lastOffsetDelta: 0),
            .invalidRecord
        ) {
            $0.put(Int64.max, at: Field.baseOffset)
        },
        Damage("codec 5", .unknownCompression(code: 5), .unsupportedCompressionType) {
            $0.put(5 as Int16, at: Field.attributes)
            $0.fixChecksum()
        },
        Damage("no records", .invalidRecordCount(0), .invalidRecord) {
            $0.put(0 as Int32, at: Field.recordCount)
            $0.fixChecksum()
        },
        Damage(
            "negative count", .inconsistentOffsets(lastOffsetDelta: 0, recordCount: -1), .invalidRecord
        ) {
            $0.put(-1 as Int32, at: Field.recordCount)
            $0.fixChecksum()
        },
        Damage(
            "delta and count differ", .inconsistentOffsets(lastOffsetDelta: 1, recordCount: 1), .invalidRecord
        ) {
            $0.put(1 as Int32, at: Field.lastOffsetDelta)
            $0.fixChecksum()
        },
        Damage("negative time", .invalidTimestamp(-2), .invalidTimestamp) {
            $0.put(-2 as Int64, at: Field.maxTimestamp)
            $0.fixChecksum()
        },
        Damage("log append time", .unexpectedLogAppendTime, .invalidTimestamp) {
            $0.put(1 << 3 as Int16, at: Field.attributes)
            $0.fixChecksum()
        },
        Damage("control batch", .unexpectedControlBatch, .invalidRecord) {
            $0.put(1 << 5 as Int16, at: Field.attributes)
            $0.fixChecksum()
        },
        Damage("transactional without producer", .transactionalWithoutProducer, .invalidRecord) {
            $0.put(1 << 4 as Int16, at: Field.attributes)
            $0.fixChecksum()
        },
        Damage(
            "producer without sequence",
            .invalidProducer(ProducerID(rawValue: 9), ProducerEpoch(rawValue: -1), baseSequence: -1),
            .invalidRecord
        ) {
            $0.put(9 as Int64, at: Field.producerID)
            $0.fixChecksum()
        },
    ]

    @Test("a broker refuses what no producer may send, with Kafka's code", arguments: damages)
    func refusal(damage: Damage) throws {
        var bytes = [UInt8](try RecordBatchTests.build([Record(timestamp: 1, key: nil, value: "x")]))
        damage.change(&bytes)
        let error = #expect(throws: RecordError.self) {
            try bytes.withUnsafeBytes { try BatchHeader.validated($0, from: .client) }
        }
        if case .truncated = damage.error {
            guard case .truncated? = error else { throw try #require(error) }
        } else {
            #expect(error == damage.error)
        }
        #expect(error?.errorCode == damage.code)
        #expect(error.map { !"\($0)".isEmpty } == true)
    }

    @Test("one flipped bit anywhere that the checksum covers is found, and nothing else is checked by it")
    func checksum() throws {
        let bytes = [UInt8](try RecordBatchTests.build([Record(timestamp: 1, key: "k", value: "x")]))
        for bit in (Field.crc * 8)..<(bytes.count * 8) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            damaged.withUnsafeBytes { damaged in
                let error = #expect(throws: RecordError.self) {
                    try BatchHeader.validated(damaged, from: .log)
                }
                guard case .checksumMismatch? = error else {
                    Issue.record("bit \(bit): \(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test("the broker's offset and epoch go in without touching the checksum")
    func stamping() throws {
        var bytes = [UInt8](try RecordBatchTests.build([Record(timestamp: 1, key: nil, value: "x")]))
        let before = try bytes.withUnsafeBytes { try BatchHeader($0) }
        bytes.withUnsafeMutableBytes {
            BatchHeader.stamp(baseOffset: 0x100_0000_0000, leaderEpoch: LeaderEpoch(rawValue: 3), in: $0)
        }
        let after = try bytes.withUnsafeBytes { try BatchHeader.validated($0, from: .log) }
        #expect(after.baseOffset == 0x100_0000_0000)
        #expect(after.nextOffset == 0x100_0000_0001)
        #expect(after.leaderEpoch == LeaderEpoch(rawValue: 3))
        #expect(after.crc == before.crc)
    }

    @Test("the broker's time stands for all records of the batch")
    func logAppendTime() throws {
        let bytes = try RecordBatchTests.build(RecordBatchTests.assorted)
        bytes.withExclusiveMutableBytes { BatchHeader.stampLogAppendTime(5_000, in: $0) }
        let batch = try RecordBatch(bytes)
        try bytes.withUnsafeBytes { try batch.header.validate($0, from: .log) }
        #expect(batch.header.timestampType == .logAppendTime)
        #expect(batch.header.maxTimestamp == 5_000)
        #expect(try batch.records().all().map(\.timestamp) == [5_000, 5_000, 5_000, 5_000, 5_000])
    }

    @Test("a batch that compaction has thinned out or emptied is the log's business, not a producer's")
    func compacted() throws {
        var builder = RecordBatchBuilder()
        try builder.append(key: "a", value: "1", timestamp: 10, offsetDelta: 2)
        try builder.append(key: "b", value: "2", timestamp: 11, offsetDelta: 7)
        var options = RecordBatchBuilder.Options()
        options.baseOffset = 100
        options.lastOffsetDelta = 9
        let thinned = try builder.build(options)
        let header = try thinned.withUnsafeBytes { try BatchHeader.validated($0, from: .log) }
        #expect(header.lastOffset == 109)
        #expect(try RecordBatch(thinned).records().all().map(\.offset) == [102, 107])

        options.compression = .zstd
        let emptied = try builder.build(options)
        #expect(emptied.count == BatchHeader.byteCount)
        _ = try emptied.withUnsafeBytes { try BatchHeader.validated($0, from: .log) }
        #expect(try RecordBatch(emptied).records().all().isEmpty)
        #expect(throws: RecordError.self) {
            try emptied.withUnsafeBytes { try BatchHeader.validated($0, from: .coordinator) }
        }
    }

    @Test("sequences go on from 0 behind the largest, and none stays none")
    func sequences() {
        #expect(BatchHeader.sequence(5, advancedBy: 3) == 8)
        #expect(BatchHeader.sequence(.max, advancedBy: 1) == 0)
        #expect(BatchHeader.sequence(.max, advancedBy: .max) == Int32.max - 1)
        #expect(BatchHeader.sequence(-1, advancedBy: 4) == -1)
    }
}

extension [UInt8] {
    mutating func put(_ value: some FixedWidthInteger, at position: Int) {
        Swift.withUnsafeBytes(of: value.bigEndian) {
            replaceSubrange(position..<position + $0.count, with: $0)
        }
    }

    mutating func fixChecksum() {
        put(withUnsafeBytes { BatchHeader.checksum(of: $0) }, at: BatchHeader.Field.crc)
    }
}
