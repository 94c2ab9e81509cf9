internal import Martlet

/// How long something has lasted, as `DurationText` reads it: `850ms`, `12s`, `3m5s`, `2h10m`, `4d`.
enum AgeText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
    ]

    /// The two largest units that are not zero: nobody wants the milliseconds of an hour.
    static func text(_ duration: Duration) -> String {
        let total = max(0, Int64(duration / .milliseconds(1)))
        guard total >= 1_000 else { return "\(total)ms" }
        guard let first = units.firstIndex(where: { total >= $0.milliseconds }) else { return "\(total)ms" }
        var text = "\(total / units[first].milliseconds)\(units[first].suffix)"
        if first + 1 < units.count {
            let rest = total % units[first].milliseconds / units[first + 1].milliseconds
            if rest > 0 { text += "\(rest)\(units[first + 1].suffix)" }
        }
        return text
    }

    /// Nothing but a dash where there is no time.
    static func text(since time: Timestamp?, now: Timestamp) -> String {
        time.map { text(.milliseconds(now.rawValue - $0.rawValue)) } ?? "-"
    }
}
