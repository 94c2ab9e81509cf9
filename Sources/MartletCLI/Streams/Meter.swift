#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Counts what a command moves, for its summary and its progress line.
struct Meter {
    private(set) var recordCount = 0
    private(set) var byteCount = 0
    private let start = ContinuousClock.now

    mutating func add(records: Int, bytes: Int) {
        recordCount += records
        byteCount += bytes
    }

    var elapsed: Duration { start.duration(to: .now) }

    /// Says on standard error what was done, and how fast.
    func report(_ activity: String) {
        try? Descriptor.write("martlet: \(summary(activity, after: elapsed))\n", to: STDERR_FILENO)
    }

    func summary(_ activity: String, after elapsed: Duration) -> String {
        let seconds = max(elapsed / .seconds(1), 0.000_001)
        let rates =
            "\(Quantity.records(Double(recordCount) / seconds))/s, \(Quantity.bytes(Double(byteCount) / seconds))/s"
        return
            "\(recordCount) \(recordCount == 1 ? "record" : "records") (\(Quantity.bytes(Double(byteCount)))) "
            + "\(activity) in \(Quantity.seconds(seconds)): \(rates)"
    }
}

/// Numbers for people.
enum Quantity {
    /// `1.5 GiB`.
    static func bytes(_ count: Double) -> String { scaled(count, 1_024, ["B", "KiB", "MiB", "GiB", "TiB"]) }

    /// `1.2 M records`.
    static func records(_ count: Double) -> String {
        scaled(count, 1_000, ["records", "k records", "M records", "G records"])
    }

    static func seconds(_ seconds: Double) -> String {
        seconds < 10 ? "\(rounded(seconds * 1_000) / 1_000) s" : "\(rounded(seconds * 10) / 10) s"
    }

    private static func scaled(_ count: Double, _ step: Double, _ units: [String]) -> String {
        var value = count
        var unit = 0
        while value >= step, unit < units.count - 1 {
            value /= step
            unit += 1
        }
        if unit == 0 || value >= 100 { return "\(Int64(value.rounded())) \(units[unit])" }
        return "\(rounded(value * 10) / 10) \(units[unit])"
    }

    private static func rounded(_ value: Double) -> Double { value.rounded() }
}
