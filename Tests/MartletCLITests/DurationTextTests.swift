import Testing

@testable import MartletCLI

@Suite("Durations on the command line")
struct DurationTextTests {
    @Test(
        "units add up",
        arguments: [
            ("500ms", 500), ("30s", 30_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("1.5s", 1_500),
            ("0", 0),
        ])
    func units(text: String, milliseconds: Int64) throws {
        #expect(try DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(
        "what has no unit is refused with an example",
        arguments: ["", "5", "s", "5x", "-1s", "1s2", "99999999999d"])
    func refusals(text: String) {
        #expect { try DurationText.parse(text) } throws: { "\($0)".contains("500ms, 30s, 5m") }
    }
}
