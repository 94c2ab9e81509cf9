import MartletCore
import MartletRecords
import MartletWire
import Testing

@testable import Martlet

@Suite("What readers of committed records are shown of a fetch")
struct FetchDecoderTests {
    /// Builds what a partition would answer, batch by batch.
    private struct Log {
        private(set) var bytes: [UInt8] = []
        private(set) var end: Offset = 0
        var aborted: [FetchResponse.AbortedTransaction] = []

        private mutating func append(
            _ keysAndValues: [(Bytes?, Bytes?)], producer: Int64?, isControl: Bool,
            lastOffsetDelta: Int32? = nil
        ) throws {
            var builder = RecordBatchBuilder(capacity: 100)
            for (key, value) in keysAndValues {
                try builder.append(key: key, value: value, headers: [], timestamp: Timestamp(rawValue: 1))
            }
            var options = RecordBatchBuilder.Options()
            options.baseOffset = end
            options.isControl = isControl
            options.lastOffsetDelta = lastOffsetDelta
            if let producer {
                options.isTransactional = true
                options.producerID = ProducerID(rawValue: producer)
                options.producerEpoch = ProducerEpoch(rawValue: 0)
                options.baseSequence = isControl ? BatchHeader.noSequence : 0
            }
            try builder.build(options).withUnsafeBytes { bytes.append(contentsOf: $0) }
            end = end + Int64(lastOffsetDelta.map { $0 + 1 } ?? Int32(keysAndValues.count))
        }

        mutating func write(_ values: String..., by producer: Int64? = nil) throws {
            try append(values.map { (nil, Bytes($0)) }, producer: producer, isControl: false)
        }

        mutating func end(_ producer: Int64, commits: Bool) throws {
            try append(
                [(Bytes([0, 0, 0, commits ? 1 : 0]), Bytes([0, 0, 0, 0, 0, 0]))], producer: producer,
                isControl: true)
        }

        /// A batch that compaction has left without records.
        mutating func leaveEmpty(_ count: Int32, by producer: Int64) throws {
            try append([], producer: producer, isControl: false, lastOffsetDelta: count - 1)
        }

        mutating func list(_ producer: Int64, from offset: Offset) {
            var transaction = FetchResponse.AbortedTransaction()
            transaction.producerID = ProducerID(rawValue: producer)
            transaction.firstOffset = offset
            aborted.append(transaction)
        }

        func seen(from offset: Offset = 0, _ isolation: Martlet.IsolationLevel = .readCommitted) throws
            -> [String]
        {
            let data = FetchedPartition(
                partition: TopicPartition("t", 0), round: 0, records: Bytes(bytes), highWatermark: end,
                logStartOffset: 0, abortedTransactions: aborted, nextOffset: end)
            let decoder = FetchDecoder(
                checksChecksums: true, isolationLevel: isolation, maximumDecompressedBytes: 1 << 20)
            let batch = try decoder.decode(data, range: offset..<end)
            return batch.map { $0.map { $0.value.map(String.init(decoding:)) ?? "null" } } ?? []
        }
    }

    @Test("aborted transactions of several producers are left out, each up to its own marker")
    func overlapping() throws {
        var log = Log()
        log.list(1, from: log.end)
        try log.write("a1", by: 1)
        try log.write("plain")
        try log.write("b1", by: 2)
        log.list(3, from: log.end)
        try log.write("c1", by: 3)
        try log.end(1, commits: false)
        try log.write("a2", by: 1)
        try log.write("c2", by: 3)
        try log.end(2, commits: true)
        try log.end(3, commits: false)
        try log.write("c3", by: 3)
        try log.end(1, commits: true)
        try log.end(3, commits: true)
        #expect(try log.seen() == ["plain", "b1", "a2", "c3"])
        #expect(
            try log.seen(.readUncommitted) == ["a1", "plain", "b1", "c1", "a2", "c2", "c3"],
            "markers are nobody's records")
    }

    @Test(
        "transactions of one producer, aborted and committed in turn, are told apart",
        arguments: [true, false])
    func sameProducer(isListInOrder: Bool) throws {
        var log = Log()
        var expected: [String] = []
        for round in 0..<6 {
            let commits = round % 3 == 1
            if commits { expected += ["\(round)", "\(round) again"] } else { log.list(7, from: log.end) }
            try log.write("\(round)", by: 7)
            try log.write("\(round) again", by: 7)
            try log.end(7, commits: commits)
        }
        if !isListInOrder { log.aborted.reverse() }
        #expect(try log.seen() == expected)
    }

    @Test("a fetch from the middle of an aborted transaction shows nothing of it")
    func middle() throws {
        var log = Log()
        log.list(1, from: 0)
        try log.write("a", "b", "c", by: 1)
        try log.write("d", by: 1)
        try log.end(1, commits: false)
        try log.write("e", by: 1)
        try log.end(1, commits: true)
        #expect(try log.seen(from: 1) == ["e"])
        #expect(try log.seen(from: 3) == ["e"])
        #expect(try log.seen(from: 5) == ["e"])
    }

    @Test("what compaction has left empty hides nothing that was committed")
    func compacted() throws {
        var log = Log()
        log.list(1, from: 0)
        try log.leaveEmpty(3, by: 1)
        try log.end(1, commits: false)
        try log.write("kept", by: 1)
        try log.leaveEmpty(2, by: 1)
        try log.end(1, commits: true)
        #expect(try log.seen() == ["kept"])
    }
}
