internal import ArgumentParser

/// Durations as the command line has them: `500ms`, `30s`, `1h30m`, `2d`.
enum DurationText {
    private static let units: [(suffix: String, milliseconds: Double)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    @Sendable
    static func parse(_ text: String) throws -> Duration {
        guard let milliseconds = milliseconds(text) else {
            throw ValidationError(
                "\"\(text)\" is no duration; write a number and a unit: 500ms, 30s, 5m, 1h30m, 7d")
        }
        return .milliseconds(milliseconds)
    }

    static func milliseconds(_ text: some StringProtocol) -> Int64? {
        if text == "0" { return 0 }
        var rest = Substring(text)
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest[digits.endIndex...]
            let letters = rest.prefix { $0.isLetter }
            rest = rest[letters.endIndex...]
            guard let number = Double(digits), let unit = units.first(where: { $0.suffix == letters }) else {
                return nil
            }
            total += number * unit.milliseconds
        }
        // A hundred years: far from what would overflow somewhere else.
        guard total <= 36_500 * 86_400_000 else { return nil }
        return Int64(total)
    }
}
