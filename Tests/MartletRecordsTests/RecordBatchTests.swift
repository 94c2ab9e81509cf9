import MartletCore
import MartletRecords
import Testing

@Suite("Record batches")
struct RecordBatchTests {
    /// Records that differ in all that the format lets differ.
    static let assorted: [Record] = [
        Record(offset: 0, timestamp: 1_700_000_000_000, key: "key", value: "value"),
        Record(offset: 1, timestamp: 1_700_000_000_005, key: nil, value: nil),
        Record(offset: 2, timestamp: 1_699_999_999_999, key: "", value: ""),
        Record(
            offset: 3, timestamp: 1_700_000_000_001, key: "k",
            value: Bytes([UInt8](repeating: 7, count: 300_000)),
            headers: [
                RecordHeader(key: "trace", value: "1"), RecordHeader(key: "trace", value: nil),
                RecordHeader(key: "", value: ""), RecordHeader(key: "größe", value: [0xFF, 0x00]),
            ]
        ),
        Record(offset: 4, timestamp: .none, key: "negative delta", value: "x"),
    ]

    static func build(
        _ records: [Record], _ options: RecordBatchBuilder.Options = .init()
    ) throws -> Bytes {
        var builder = RecordBatchBuilder()
        for record in records {
            try builder.append(
                key: record.key, value: record.value, headers: record.headers, timestamp: record.timestamp
            )
        }
        return try builder.build(options)
    }

    @Test("what the builder writes, the reader reads", arguments: Compression.allCases)
    func roundTrip(compression: Compression) throws {
        var options = RecordBatchBuilder.Options()
        options.compression = compression
        let bytes = try Self.build(Self.assorted, options)
        let batch = try RecordBatch(bytes)
        try bytes.withUnsafeBytes { try batch.header.validate($0, from: .client) }
        #expect(batch.header.compression == compression)
        #expect(batch.header.byteCount == bytes.count)
        #expect(batch.header.recordCount == 5)
        #expect(batch.header.maxTimestamp == 1_700_000_000_005)
        let records = try batch.records().all()
        #expect(records == Self.assorted)
    }
}

extension RecordBatchTests {
    @Test("a topic may ask for keys and for times within a range", arguments: Compression.allCases)
    func policy(compression: Compression) throws {
        var options = RecordBatchBuilder.Options()
        options.compression = compression
        let records = [
            Record(timestamp: 1_000, key: "", value: "v"), Record(timestamp: .none, key: "b", value: "v"),
            Record(timestamp: 2_000, key: nil, value: "v"),
        ]
        let batch = try RecordBatch(Self.build(records, options))
        var policy = RecordPolicy()
        try batch.validateRecords(policy)
        policy.requiresKeys = true
        #expect(throws: RecordError.missingKey(index: 2)) { try batch.validateRecords(policy) }
        policy.requiresKeys = false
        policy.timestamps = 500...1_999
        #expect(throws: RecordError.timestampOutOfRange(index: 2, 2_000)) {
            try batch.validateRecords(policy)
        }
        policy.timestamps = 500...2_000
        try batch.validateRecords(policy)
    }

    @Test("a batch whose records are not those it announces is refused")
    func miscounted() throws {
        var bytes = [UInt8](try Self.build(Self.assorted))
        bytes.put(4 as Int32, at: BatchHeader.Field.recordCount)
        #expect(throws: RecordError.self) { try RecordBatch(Bytes(bytes)).records().all() }
        bytes.put(6 as Int32, at: BatchHeader.Field.recordCount)
        #expect(throws: RecordError.malformedRecord(index: 5, .badVarint)) {
            try RecordBatch(Bytes(bytes)).records().all()
        }
    }

    @Test("the builder begins anew after each batch, and batches outlive it")
    func reuse() throws {
        func threeBatches() throws -> [Bytes] {
            var builder = RecordBatchBuilder(capacity: 1_000)
            return try [10, 700, 3_000].map { size in
                let value = Bytes([UInt8](repeating: 1, count: size))
                let wasEmpty = builder.isEmpty
                #expect(wasEmpty)
                try builder.append(key: nil, value: value, timestamp: 1)
                let estimate = builder.estimatedByteCount
                #expect(estimate > size)
                let bound = RecordBatchBuilder.maximumByteCount(key: nil, value: size)
                #expect(estimate <= BatchHeader.byteCount + bound)
                return try builder.build()
            }
        }
        let sizes = try threeBatches().map { batch in
            _ = try batch.withUnsafeBytes { try BatchHeader.validated($0, from: .client) }
            return try RecordBatch(batch).records().all().first?.value?.count
        }
        #expect(sizes == [10, 700, 3_000])
    }
}
