import Martlet
import Testing

@testable import MartletCLI

@Suite("Values on the command line")
struct ArgumentTextTests {
    @Test(
        "units of a duration add up",
        arguments: [
            ("500ms", 500), ("30s", 30_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("1.5s", 1_500),
            ("0", 0),
        ])
    func durations(text: String, milliseconds: Int64) throws {
        #expect(try DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(
        "a duration without a unit is refused with an example",
        arguments: ["", "5", "s", "5x", "-1s", "1s2", "99999999999d", "1..5s"])
    func badDurations(text: String) {
        #expect { try DurationText.parse(text) } throws: { "\($0)".contains("500ms, 30s, 5m") }
    }

    @Test(
        "byte counts are in powers of 1024",
        arguments: [("0", 0), ("1000", 1_000), ("512K", 524_288), ("3M", 3 << 20)])
    func byteCounts(text: String, count: Int) throws {
        #expect(try ByteCountText.parse(text) == count)
    }

    @Test("what is no byte count is refused", arguments: ["", "K", "-1", "1.5M", "9999999999999G", "1T"])
    func badByteCounts(text: String) {
        #expect { try ByteCountText.parse(text) } throws: { "\($0)".contains("512K, 64M or 1G") }
    }

    @Test(
        "positions are words, offsets, the last N, or times",
        arguments: [
            ("beginning", StartPosition.beginning), ("end", .end), ("0", .offset(0)), ("42", .offset(42)),
            ("-10", .last(10)), ("-0", .last(0)), ("@1700000000000", .timestamp(1_700_000_000_000)),
            ("@1970-01-02", .timestamp(86_400_000)),
        ])
    func starts(text: String, position: StartPosition) throws {
        #expect(try PositionText.parseStart(text) == position)
    }

    @Test(
        "a position that is none is refused with what there is",
        arguments: ["", "begin", "1.5", "@", "@yesterday"])
    func badStarts(text: String) {
        #expect { try PositionText.parseStart(text) } throws: { error in
            "\(error)".contains("beginning, end, an offset") || "\(error)".contains("is no time")
        }
    }

    @Test("a stop lies at the end, before an offset or before a time")
    func stops() throws {
        #expect(try PositionText.parseStop("end") == .end)
        #expect(try PositionText.parseStop("7") == .offset(7))
        #expect(try PositionText.parseStop("@5") == .timestamp(5))
        #expect(throws: (any Error).self) { try PositionText.parseStop("-1") }
    }

    @Test(
        "escapes stand for bytes",
        arguments: [
            ("\\t", [9]), ("a\\n", [97, 10]), ("\\x1F\\\\", [31, 92]), ("\\0", [0]), ("é", [0xC3, 0xA9]),
        ])
    func escapes(text: String, bytes: [UInt8]) throws {
        #expect(try EscapedText.parse(text) == bytes)
    }

    @Test("an escape that is none is refused", arguments: ["\\", "\\q", "\\x1", "\\xzz"])
    func badEscapes(text: String) {
        #expect(throws: (any Error).self) { try EscapedText.parse(text) }
    }

    @Test("a pair is divided at the first equals sign")
    func pairs() throws {
        #expect(try PairText.parse("a=b=c") == PairText.Pair(name: "a", value: "b=c"))
        #expect(try PairText.parse("a=") == PairText.Pair(name: "a", value: ""))
        #expect(throws: (any Error).self) { try PairText.parse("=b") }
        #expect(throws: (any Error).self) { try PairText.parse("ab") }
    }
}
