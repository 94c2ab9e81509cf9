import MartletCore
import MartletRecords
import Testing

@Suite("Batches in a row")
struct BatchCursorTests {
    static let three: [[UInt8]] = (1...3).map { count in
        let records = (0..<count).map {
            Record(timestamp: Timestamp(rawValue: Int64($0)), key: nil, value: "value")
        }
        return (try? RecordBatchTests.build(records)).map { [UInt8]($0) } ?? []
    }

    @Test("are found one after the other, and a cut anywhere leaves the whole ones and the rest")
    func cutOff() throws {
        let bytes = Array(Self.three.joined())
        let ends = [Self.three[0].count, Self.three[0].count + Self.three[1].count, bytes.count]
        for end in 0...bytes.count {
            try bytes[..<end].withUnsafeBytes { bytes in
                var cursor = BatchCursor(bytes)
                var counts: [Int32] = []
                while let batch = try cursor.next() {
                    try batch.header.validate(cursor[batch], from: .log)
                    counts.append(batch.header.recordCount)
                }
                let whole = ends.filter { $0 <= end }
                #expect(counts == [1, 2, 3].prefix(whole.count).map { Int32($0) })
                #expect(cursor.remainder == (whole.last ?? 0)..<end)
            }
        }
    }

    @Test("end where the bytes are no batch, with an error and its place", arguments: [0, 0xFF] as [UInt8])
    func damage(filler: UInt8) {
        let bytes = Self.three[0] + [UInt8](repeating: filler, count: 200)
        bytes.withUnsafeBytes { bytes in
            var cursor = BatchCursor(bytes)
            let first = try? cursor.next()
            #expect(first?.header.recordCount == 1)
            #expect(throws: RecordError.self) { try cursor.next() }
            #expect(cursor.position == Self.three[0].count)
        }
    }
}
