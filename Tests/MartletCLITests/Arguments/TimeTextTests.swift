import Martlet
import Testing

@testable import MartletCLI

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("Times on the command line")
struct TimeTextTests {
    @Test(
        "dates and times of RFC 3339 are read, in UTC where they name no zone",
        arguments: [
            ("2025-11-21", 1_763_683_200_000), ("2025-11-21T08:30", 1_763_713_800_000),
            ("2025-11-21T08:30:15Z", 1_763_713_815_000), ("2025-11-21 08:30:15.25", 1_763_713_815_250),
            ("2025-11-21T08:30:15+02:00", 1_763_706_615_000),
            ("2025-11-21T08:30:15.123456-0130", 1_763_719_215_123),
            ("1970-01-01T00:00:00Z", 0), ("2024-02-29", 1_709_164_800_000), ("1234", 1_234),
        ])
    func times(text: String, milliseconds: Int64) throws {
        #expect(try TimeText.parse(text) == Timestamp(rawValue: milliseconds))
    }

    @Test("a duration with a minus sign lies before now")
    func beforeNow() throws {
        let now: Timestamp = 10_000_000
        #expect(try TimeText.parse("-1h", now: now) == 6_400_000)
        #expect(try TimeText.parse("now", now: now) == now)
    }

    @Test(
        "dates that do not exist are refused with examples",
        arguments: [
            "2025-02-29", "2025-13-01", "2025-1-1", "2025-11-21T25:00", "2025-11-21T08", "2025-11-21T08:30x",
            "",
        ])
    func badTimes(text: String) {
        #expect { try TimeText.parse(text) } throws: { "\($0)".contains("2025-11-21T08:30:00Z") }
    }

    @Test("what is written agrees with the C library, and is read as the same time again")
    func writing() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let time = Timestamp(
                rawValue: Int64.random(in: -60_000_000_000_000...200_000_000_000_000, using: &generator))
            var seconds = time_t((Double(time.rawValue) / 1_000).rounded(.down))
            var parts = tm()
            gmtime_r(&seconds, &parts)
            let calendar = CalendarTime(time)
            #expect(calendar.year == Int(parts.tm_year) + 1_900 && calendar.month == Int(parts.tm_mon) + 1)
            #expect(calendar.day == Int(parts.tm_mday), "time \(time)")
            #expect(calendar.timestamp == time)
            #expect(CalendarTime(calendar.description[...])?.timestamp == time, "\(calendar)")
        }
    }
}

/// The same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
