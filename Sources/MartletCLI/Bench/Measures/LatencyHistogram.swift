internal import Histogram

/// How long things took, to three digits, in memory that does not grow: 270 KB, whatever is recorded, and none
/// before.
struct LatencyHistogram: Sendable {
    /// In nanoseconds; what takes longer counts as this.
    static let limit: Int64 = 3_600_000_000_000

    /// Nil until something is recorded.
    private var histogram: Histogram<UInt64>?
    private var sum = 0.0

    var count: Int { histogram.map { Int(clamping: $0.totalCount) } ?? 0 }
    var isEmpty: Bool { count == 0 }
    /// In nanoseconds, as all values here.
    var minimum: Int64 { histogram.map { Int64(clamping: $0.min) } ?? 0 }
    var maximum: Int64 { histogram.map { Int64(clamping: $0.maxRecorded) } ?? 0 }
    var mean: Int64 { isEmpty ? 0 : Int64(sum / Double(count)) }

    /// Called for each record: no allocation but the first time.
    @inline(__always)
    mutating func record(_ nanoseconds: Int64, count: Int = 1) {
        guard count > 0 else { return }
        let value = min(max(nanoseconds, 0), Self.limit)
        if histogram == nil { histogram = Self.empty }
        histogram?.record(UInt64(value), count: UInt64(count))
        sum += Double(value) * Double(count)
    }

    mutating func add(_ other: LatencyHistogram) {
        guard let others = other.histogram else { return }
        if histogram == nil { histogram = Self.empty }
        histogram?.add(others)
        sum += other.sum
    }

    /// The value below or at which so many percent lie, in nanoseconds.
    func percentile(_ percentile: Double) -> Int64 {
        histogram.map { Int64(clamping: $0.valueAtPercentile(percentile)) } ?? 0
    }

    private static var empty: Histogram<UInt64> {
        Histogram<UInt64>(highestTrackableValue: UInt64(limit))
    }

    /// A point of the curve: the share of values above it, and the value.
    struct Point: Equatable, Sendable {
        /// From 1 down to the share of a single value.
        var tail: Double
        var nanoseconds: Int64

        var percentile: Double { 100 * (1 - tail) }
    }

    /// Steps of the curve while the share above it halves.
    private static let stepsPerHalving = 5.0

    /// Latency by percentile, with equal steps on HDR's axis: each halves the distance to 100 % in five. Ends
    /// where a single value is left.
    var curve: [Point] {
        guard !isEmpty else { return [] }
        var points: [Point] = []
        var step = 0.0
        while true {
            let tail = exp2Negative(step / Self.stepsPerHalving)
            guard tail * Double(count) >= 1 else { break }
            points.append(Point(tail: tail, nanoseconds: percentile(100 * (1 - tail))))
            step += 1
        }
        points.append(Point(tail: 1 / Double(count), nanoseconds: maximum))
        return points
    }

    private func exp2Negative(_ exponent: Double) -> Double {
        var result = 1.0
        for _ in 0..<Int(exponent) { result /= 2 }
        // 2^(-1/5), as often as it takes for the rest.
        let fifths = Int(((exponent - exponent.rounded(.down)) * Self.stepsPerHalving).rounded())
        for _ in 0..<fifths { result *= 0.870_550_563_296_124_1 }
        return result
    }
}
