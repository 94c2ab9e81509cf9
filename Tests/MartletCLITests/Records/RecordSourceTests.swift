import Martlet
import MartletCore
import Testing

@testable import MartletCLI

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("Cutting input into records")
struct RecordSourceTests {
    @Test(
        "lines are kept exactly, the last with or without its line feed",
        arguments: [
            ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\n\nb", ["a", "", "b"]),
            (" a \r\n\n", [" a \r", ""]),
        ])
    func lines(input: String, records: [String]) throws {
        #expect(
            try Self.read(Array(input.utf8), delimiter: [0x0A]).map { String(decoding: $0, as: UTF8.self) }
                == records)
    }

    @Test("a file that is one record is one even if it is empty")
    func wholeFiles() throws {
        #expect(try Self.read([], delimiter: nil) == [[]])
        let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try Self.read(large, delimiter: nil) == [large])
    }

    @Test(
        "input in pieces of any size comes out as if it were cut in one go", arguments: [UInt64(1), 2, 3, 4])
    func pieces(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let delimiter: [UInt8] = seed % 2 == 0 ? [0x0A] : [0x0A, 0x0A, 0x41]
        // Few different bytes, so that delimiters and halves of them are frequent; some long records between
        // them.
        var input: [UInt8] = []
        for _ in 0..<4_000 {
            let isLong = Int.random(in: 0..<400, using: &generator) == 0
            let count = isLong ? 200_000 : Int.random(in: 0...60, using: &generator)
            for _ in 0..<count {
                input.append([0x0A, 0x41, 0x42, 0x43].randomElement(using: &generator) ?? 0)
            }
            input += delimiter
        }
        let records = try Self.read(input, delimiter: delimiter, pieces: 70_000, limit: 7)
        #expect(records == Self.cut(input, at: delimiter), "seed \(seed)")
    }

    @Test("a record without end is refused before it fills the memory")
    func endless() throws {
        #expect {
            try Self.read([UInt8](repeating: 1, count: 4 << 20), delimiter: [0x0A], maximum: 1 << 20)
        } throws: {
            ($0 as? CommandFailure)?.message.contains("--delimiter") ?? false
        }
    }

    private static func cut(_ input: [UInt8], at delimiter: [UInt8]) -> [[UInt8]] {
        var records: [[UInt8]] = []
        var start = 0
        var index = 0
        while index + delimiter.count <= input.count {
            if input[index..<index + delimiter.count].elementsEqual(delimiter) {
                records.append(Array(input[start..<index]))
                index += delimiter.count
                start = index
            } else {
                index += 1
            }
        }
        if start < input.count { records.append(Array(input[start...])) }
        return records
    }

    /// Reads through a pipe, whose writer gives pieces.
    private static func read(
        _ input: [UInt8], delimiter: [UInt8]?, pieces: Int = 1 << 20, limit: Int = 4_096,
        maximum: Int = 64 << 20
    ) throws -> [[UInt8]] {
        var ends: [CInt] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        defer { close(reading) }
        var source = RecordSource(
            descriptor: reading, name: "test", delimiter: delimiter, maximumRecordByteCount: maximum)
        var records: [Bytes] = []
        var copies: [[UInt8]] = []
        var rest = input[...]
        // A pipe holds 64 KiB: what is written is read before the next piece goes in.
        let piece = min(pieces, 60_000)
        repeat {
            let part = Array(rest.prefix(piece))
            rest = rest.dropFirst(piece)
            if !part.isEmpty { try part.withUnsafeBytes { try Descriptor.write($0, to: writing) } }
            if rest.isEmpty { close(writing) }
            repeat {
                while try source.take(limit, { records.append($0) }) > 0 {}
                // Some are held while the source reads on, as a caller may.
                if records.count > 20 {
                    copies += records.map { [UInt8]($0) }
                    records = []
                }
            } while try rest.isEmpty && source.fill(unless: nil)
            if !rest.isEmpty { _ = try source.fill(unless: nil) }
        } while !rest.isEmpty || !source.isAtEnd
        return copies + records.map { [UInt8]($0) }
    }
}

@Suite("Keys and values in a line")
struct RecordTemplateTests {
    @Test("what stands before the first separator is the key")
    func separator() {
        var template = RecordTemplate(topic: "t")
        template.keySeparator = Array("::".utf8)
        let record = template.record("k::v::w")
        #expect(record.key == "k" && record.value == "v::w")
        #expect(template.record("k:v").key == nil && template.record("k:v").value == "k:v")
        #expect(template.record("::").key == "" && template.record("::").value == "")
        #expect(template.record(":").value == ":" && template.record("").value == "")
    }

    @Test("a key given once is that of all lines, unless they have their own")
    func fixedKey() {
        var template = RecordTemplate(topic: "t")
        template.key = "all"
        template.keySeparator = [0x09]
        #expect(template.record("x").key == "all" && template.record("a\tx").key == "a")
    }

    @Test("the marker makes keys and values null, and nothing else does")
    func nullMarker() {
        var template = RecordTemplate(topic: "t")
        template.keySeparator = [0x09]
        template.null = Array("NULL".utf8)
        let record = template.record("NULL\tNULL")
        #expect(record.key == nil && record.value == nil)
        #expect(template.record("NULL ").value == "NULL " && template.record("\t").key == "")
        template.null = []
        #expect(template.record("a\t").value == nil && template.record("").value == nil)
    }
}
