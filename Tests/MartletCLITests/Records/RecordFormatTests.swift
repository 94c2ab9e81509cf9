import Martlet
import Testing

@testable import MartletCLI

@Suite("Formats of consume")
struct RecordFormatTests {
    static let record = Record(
        offset: 42, timestamp: 1_763_713_815_250, key: "k", value: "hello",
        headers: [RecordHeader(key: "a", value: "1"), RecordHeader(key: "b", value: nil)])
    static let tombstone = Record(offset: 43, timestamp: .none, key: nil, value: nil)

    @Test(
        "each escape shows its part of the record",
        arguments: [
            ("%s", "hello"), ("%S", "5"), ("%k", "k"), ("%K", "1"), ("%h", "a=1,b="), ("%t", "orders"),
            ("%p", "3"),
            ("%o", "42"), ("%T", "1763713815250"), ("%%", "%"), ("%{time}", "2025-11-21T08:30:15.250Z"),
            ("%{value:hex}", "68656c6c6f"), ("%{value:base64}", "aGVsbG8="), ("%{key:hex}", "6b"),
            ("[%k\\t%s]\\n", "[k\thello]\n"), ("\\x41%s%%\\\\", "Ahello%\\"), ("", ""),
        ])
    func escapes(format: String, text: String) throws {
        #expect(try write(Self.record, as: format) == text)
    }

    @Test("null is nothing, with a length that tells it from empty")
    func nulls() throws {
        #expect(try write(Self.tombstone, as: "<%k><%s> %K %S [%h]") == "<><> -1 -1 []")
    }

    @Test(
        "an unknown escape is refused with a list of those there are",
        arguments: ["%z", "%{valu}", "%{time", "100%"])
    func unknown(format: String) {
        #expect { try RecordFormat(format) } throws: { error in
            ["%s value", "has no }", "write %%"].contains { "\(error)".contains($0) }
        }
    }

    private func write(_ record: Record, as format: String) throws -> String {
        var output = OutputBuffer()
        try RecordFormat(format).write(record, of: TopicPartition("orders", 3), to: &output)
        return output.text
    }
}

@Suite("Plain output of consume")
struct PlainStyleTests {
    @Test("key, separator, value and delimiter follow one another, and null can be told")
    func plain() {
        var output = OutputBuffer()
        let style = RecordStyle.Plain(
            delimiter: [0x0A], keySeparator: [0x3A, 0x3A], null: Array("NULL".utf8))
        style.write(RecordFormatTests.record, to: &output)
        style.write(RecordFormatTests.tombstone, to: &output)
        RecordStyle.Plain(delimiter: []).write(RecordFormatTests.record, to: &output)
        #expect(output.text == "k::hello\nNULL::NULL\nhello")
    }
}

extension OutputBuffer {
    /// All that has been put in, as text.
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
