import MartletCore
import MartletLog
import MartletRecords
import MartletSimulation
import Testing

/// The examples of `docs/storage-format.md`.
@Suite("The storage format")
struct FormatTests {
    private func hex(_ text: String) -> [UInt8] {
        text.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
    }

    @Test("batch, snapshot and mark are the bytes that the documentation shows")
    func example() throws {
        let harness = try LogHarness()
        let filler = try batch((0..<42).map(String.init))
        try harness.append(filler, epoch: LeaderEpoch(rawValue: 3))
        var builder = RecordBatchBuilder()
        try builder.append(key: Bytes("k"), value: Bytes("hello"), timestamp: 1_700_000_000_000)
        var options = RecordBatchBuilder.Options()
        options.producerID = ProducerID(rawValue: 7)
        options.producerEpoch = ProducerEpoch(rawValue: 0)
        options.baseSequence = 0
        try harness.append(builder.build(options), epoch: LeaderEpoch(rawValue: 3))
        try harness.sync()

        let slice = try harness.log.read(from: 42, upTo: 43, maxBytes: 1_000, atLeastOneBatch: true)
        let expected = hex(
            """
            00 00 00 00 00 00 00 2a 00 00 00 3e 00 00 00 03 02 02 1a 0f 34 00 00 00 00 00 00 00 00 01 8b cf
            e5 68 00 00 00 01 8b cf e5 68 00 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00 00 00 01 18 00 00
            00 02 6b 0a 68 65 6c 6c 6f 00
            """)
        #expect(try [UInt8](slice.bytes()) == expected)
        let snapshot = hex(
            """
            00 01 c3 ce e6 c6 00 00 00 01 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00 00 00 00 00 00 00 2a
            00 00 00 00 00 00 01 8b cf e5 68 00 ff ff ff ff ff ff ff ff ff ff ff ff
            """)
        #expect(ProducerSnapshot.encode(harness.log.producers) == snapshot)
        let mark = try #require(try harness.fileSystem.contents(of: harness.directory + "/durable-offset"))
        let expectedMark = hex("4d 52 54 44 00 00 00 01 00 00 00 00 00 00 00 2b 53 e1 6a 15 00 00 00 00")
        #expect([UInt8](mark) == expectedMark)
        #expect(DurableMark.decode(mark) == 43)
        try harness.restart()
        let epochs = try harness.fileSystem.contents(of: harness.directory + "/leader-epoch-checkpoint")
        #expect(epochs.map(String.init(decoding:)) == "0\n1\n3 0\n")
    }

    @Test("an index entry names the last offset of a batch and where it begins")
    func index() throws {
        let harness = try LogHarness { $0.indexIntervalBytes = 1 }
        let size = try batch(["a", "b"]).count
        for index in 0..<3 { try harness.append(batch(["a", "b"], at: 1_700_000_000_000 + Int64(index))) }
        try harness.restart()
        let bytes = try #require(try harness.fileSystem.contents(of: harness.path(.index, 0)))
        let index = try #require(bytes.withUnsafeBytes { OffsetIndex(decoding: $0, segmentByteCount: 1_000) })
        #expect(index.entries.map(\.relativeOffset) == [3, 5])
        #expect(index.entries.map(\.position) == [UInt32(size), UInt32(2 * size)])
        let times = try #require(try harness.fileSystem.contents(of: harness.path(.timeindex, 0)))
        let entries = try #require(times.withUnsafeBytes { TimeIndex(decoding: $0) }).entries
        #expect(entries.map(\.timestamp) == [1_700_000_000_001, 1_700_000_000_002])
        #expect(entries.map(\.relativeOffset) == [3, 5])
    }
}
