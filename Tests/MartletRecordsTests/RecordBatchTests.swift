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
