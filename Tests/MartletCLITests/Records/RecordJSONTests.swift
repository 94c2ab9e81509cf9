import Martlet
import MartletCore
import Testing

@testable import MartletCLI

@Suite("Records as JSON")
struct RecordJSONTests {
    private let reader = RecordJSONReader(template: RecordTemplate(topic: "copy"))

    @Test(
        "produce reads what consume prints: any bytes, any headers, null and empty apart",
        arguments: [UInt64(1), 2, 3])
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<300 {
            let record = Self.randomRecord(&generator)
            var output = OutputBuffer()
            RecordJSON.write(record, of: TopicPartition("orders", 7), to: &output)
            let line = output.text
            #expect(line.last == "\n" && !line.dropLast().contains("\n"), "seed \(seed), round \(round)")
            let read = try reader.record(Bytes(line))
            #expect(
                read.key == record.key && read.value == record.value, "seed \(seed), round \(round): \(line)")
            #expect(read.headers == record.headers, "seed \(seed), round \(round): \(line)")
            #expect(read.timestamp == record.timestamp && read.partition == 7 && read.topic == "copy")
        }
    }

    @Test("a line looks like this, so that scripts can rely on it")
    func form() {
        var output = OutputBuffer()
        let record = Record(
            offset: 5, timestamp: 9, key: "k\"\n", value: Bytes([0xFF, 0x00]),
            headers: [RecordHeader(key: "h", value: nil)])
        RecordJSON.write(record, of: TopicPartition("t", 1), to: &output)
        #expect(
            output.text == """
                {"topic":"t","partition":1,"offset":5,"timestamp":9,"key":"k\\"\\n","valueBase64":"/wA=",\
                "headers":[{"name":"h","value":null}]}

                """)
    }

    @Test("values that are no strings are taken as their JSON text, and headers may be one object")
    func shorthand() throws {
        let read = try reader.record(
            #" {"value": {"id": [1, 2.5e3]} , "headers":{"a":"b","n":3}, "key":true}"#)
        #expect(read.value == #"{"id": [1, 2.5e3]}"# && read.key == "true")
        #expect(read.headers == [RecordHeader(key: "a", value: "b"), RecordHeader(key: "n", value: "3")])
        #expect(try reader.record(#"{"value":"\u00e9\ud83d\ude00\/\b"}"#).value == "é😀/\u{8}")
    }

    @Test("flags decide where the line does not, and --partition and --repartition in any case")
    func flags() throws {
        var template = RecordTemplate(topic: "copy")
        template.key = "flag"
        template.partition = 2
        let reader = RecordJSONReader(template: template)
        let read = try reader.record(#"{"value":null,"partition":9}"#)
        #expect(read.partition == 2 && read.key == "flag" && read.value == nil)
        let spread = RecordJSONReader(template: RecordTemplate(topic: "copy"), repartitions: true)
        #expect(try spread.record(#"{"value":"","partition":9}"#).partition == nil)
    }

    @Test(
        "a line that is no record is refused, saying why",
        arguments: [
            ("{}", "no \"value\""), (#"{"valu":"x"}"#, "unknown"), (#"{"value":"x"#, "no end"),
            ("x", "an object"),
            (#"{"value":"x"} y"#, "should end"), (#"{"valueBase64":"a"}"#, "base64"),
            (#"{"value":01x}"#, "comma"),
            (#"{"value":"\ud800"}"#, "surrogate"), (#"{"value":1,"timestamp":"x"}"#, "whole number"),
            (#"{"value":1,"partition":-1}"#, "no partition"), (#"{"value":"\q"}"#, "escape"),
            (#"{"value":1,"headers":[{"value":"x"}]}"#, "no \"name\""), ("{\"value\":\"\t\"}", "control"),
        ])
    func refusals(line: String, reason: String) {
        #expect { try reader.record(Bytes(line)) } throws: {
            "\(($0 as? JSONProblem)?.message ?? "")".contains(reason)
        }
    }

    @Test("no bytes at all make the reader trap", arguments: [UInt64(5)])
    func hostile(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let start = Array(#"{"value":{"a":["\u00e9",1e5,null]},"headers":[{"name":"x"}]}"#.utf8)
        for _ in 0..<20_000 {
            var line = start
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                line[Int.random(in: 0..<line.count, using: &generator)] = UInt8.random(
                    in: .min ... .max, using: &generator)
            }
            line.removeLast(Int.random(in: 0...5, using: &generator))
            _ = try? reader.record(Bytes(line))
        }
        _ = try? reader.record(Bytes([UInt8](repeating: UInt8(ascii: "["), count: 100_000)))
    }

    private static func randomRecord(_ generator: inout SeededGenerator) -> Record {
        func bytes(_ generator: inout SeededGenerator) -> Bytes? {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: return nil
            case 1: return ""
            case 2:
                let text = (0..<Int.random(in: 1...20, using: &generator)).map { _ in
                    Unicode.Scalar(UInt32.random(in: 0..<0xD800, using: &generator)).map(Character.init)
                        ?? "x"
                }
                return Bytes(String(text))
            default:
                return Bytes(
                    (0..<Int.random(in: 1...20, using: &generator)).map { _ in
                        UInt8.random(in: 0...255, using: &generator)
                    })
            }
        }
        let headers = (0..<Int.random(in: 0...3, using: &generator)).map { index in
            RecordHeader(key: "h\(index % 2)\"\u{1}", value: bytes(&generator))
        }
        return Record(
            offset: 1,
            timestamp: Timestamp(rawValue: Int64.random(in: 0...2_000_000_000_000, using: &generator)),
            key: bytes(&generator), value: bytes(&generator), headers: headers)
    }
}

@Suite("Text and bytes")
struct UTF8CheckTests {
    @Test(
        "well-formed UTF-8 is told from other bytes exactly as the standard library does",
        arguments: [UInt64(3)])
    func agreement(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let leads: [UInt8] = [
            0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0x9F, 0xA0,
            0x90, 0x8F,
        ]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                leads.randomElement(using: &generator) ?? 0
            }
            let expected = String(validating: bytes, as: UTF8.self) != nil
            #expect(bytes.withUnsafeBytes(UTF8Check.isText) == expected, "\(bytes)")
        }
    }

    @Test("base64 agrees with RFC 4648 and refuses what is no base64")
    func base64() {
        for (plain, text) in [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"),
        ] {
            var output = OutputBuffer()
            Array(plain.utf8).withUnsafeBytes { Base64.encode($0, into: &output) }
            #expect(output.text == text)
            #expect(Array(text.utf8).withUnsafeBytes(Base64.decode) == Array(plain.utf8))
        }
        for bad in ["Z", "Zg=a", "Zh==", "Z-==", "====", "Zm9v="] {
            let decoded = Array(bad.utf8).withUnsafeBytes(Base64.decode)
            #expect(decoded == nil || bad == "Zm9v=", "\(bad)")
        }
    }
}
