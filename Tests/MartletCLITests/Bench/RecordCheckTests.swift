import Martlet
import MartletCore
import Testing

@testable import MartletCLI

@Suite("The records of a benchmark")
struct RecordCheckTests {
    @Test(
        "a body is known by its number, and one that was changed is found out",
        arguments: [24, 25, 100, 5_000])
    func bodies(byteCount: Int) throws {
        let pool = try PayloadPool(.json, byteCount: 4_096)
        var maker = RecordMaker(
            topics: ["a"], pool: pool, keys: [], byteCount: byteCount, run: 7, producer: 3)
        for (sequence, record) in (maker.make(70) { Int64($0) * 10 } + maker.make(3) { _ in 5 }).enumerated()
        {
            let value = try #require(record.value)
            #expect(value.count == byteCount)
            value.withUnsafeBytes { bytes in
                let due: Int64 = sequence < 70 ? Int64(sequence) * 10 : 5
                #expect(
                    Stamp.read(bytes) == Stamp(run: 7, producer: 3, sequence: Int64(sequence), due: due))
                var body = Array(bytes[Stamp.byteCount...])
                func matches() -> Bool {
                    body.withUnsafeBytes { pool.matches($0, producer: 3, sequence: Int64(sequence)) }
                }
                #expect(matches())
                guard !body.isEmpty else { return }
                body[body.count / 2] ^= 1
                #expect(!matches())
            }
        }
    }

    @Test("topics take turns, and keys are those that were given")
    func topicsAndKeys() throws {
        let pool = try PayloadPool(.zeros, byteCount: 0)
        let keys = [Bytes("x"), Bytes("y")]
        var maker = RecordMaker(
            topics: ["a", "b"], pool: pool, keys: keys, byteCount: 30, run: 1, producer: 0)
        let records = (0..<4).flatMap { _ in maker.make(20) { _ in 0 } }
        #expect(records.filter { $0.topic == "a" }.count == 40)
        #expect(Set(records.compactMap(\.key)) == Set(keys))
    }

    @Test("random values do not compress, events do, and both are the same each time")
    func payloads() throws {
        func compressed(_ kind: PayloadPool.Kind) throws -> Double {
            let pool = try PayloadPool(kind, byteCount: 1 << 20)
            var maker = RecordMaker(
                topics: ["a"], pool: pool, keys: [], byteCount: 1_000, run: 1, producer: 0)
            let bytes = maker.make(200) { _ in 0 }.flatMap { Array($0.value ?? "") }
            // Four bytes that came before within the last 4,000: what a codec would find.
            var seen: [ArraySlice<UInt8>: Int] = [:]
            var repeated = 0
            for index in 0..<bytes.count - 4 {
                let word = bytes[index..<index + 4]
                if let last = seen[word], index - last < 4_000 { repeated += 1 }
                seen[word] = index
            }
            return Double(repeated) / Double(bytes.count)
        }
        #expect(try compressed(.random) < 0.05)
        #expect((0.3...0.9).contains(try compressed(.json)))
        #expect(throws: StreamError.self) { try PayloadPool(.file("/nowhere/at/all"), byteCount: 1) }
    }

    @Test("a record that is missing, there twice or out of order is told")
    func order() {
        func check(_ sequences: [Int64], slots: [Int]? = nil) -> SequenceCheck {
            var check = SequenceCheck(partitionCount: 2, producerCount: 1)
            for (index, sequence) in sequences.enumerated() {
                check.take(producer: 0, sequence: sequence, slot: slots?[index] ?? 0) { "offset \(index)" }
            }
            return check
        }
        func sum(_ check: SequenceCheck) -> RecordSum { RecordSum(count: check.count, sum: check.sum) }
        let written = RecordSum(count: 4, sum: 6)
        #expect(check([0, 1, 2, 3]).problem == nil)
        #expect(
            check([2, 0, 3, 1], slots: [0, 1, 0, 1]).problem == nil, "partitions have no order among them")
        #expect(check([0, 2, 1, 3]).problem?.contains("out of order") == true)
        #expect(check([0, 1, 1, 3]).problem?.contains("twice") == true)
        #expect(written.difference(to: sum(check([0, 1, 2, 3])), reader: "r") == nil)
        #expect(written.difference(to: sum(check([0, 1, 3])), reader: "r")?.contains("1 of 4") == true)
        #expect(
            written.difference(to: sum(check([0, 1, 2, 4])), reader: "r")?.contains("not the same") == true)
        var stranger = SequenceCheck(partitionCount: 1, producerCount: 1)
        stranger.take(producer: 9, sequence: 0, slot: 0) { "offset 0" }
        #expect(stranger.problem != nil)
    }
}
