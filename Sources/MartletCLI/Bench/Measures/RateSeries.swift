/// How many records in each tenth of a second.
struct RateSeries: Sendable, Equatable {
    /// In nanoseconds.
    static let step: Int64 = 100_000_000
    /// A day; what comes later is not drawn.
    private static let maximumCount = 864_000

    private(set) var counts: [Int] = []

    /// - Parameter nanoseconds: Since the measurement began; before that nothing counts.
    mutating func add(_ count: Int, at nanoseconds: Int64) {
        let index = Int(nanoseconds / Self.step)
        guard nanoseconds >= 0, index < Self.maximumCount else { return }
        if index >= counts.count {
            counts += Array(repeating: 0, count: index + 1 - counts.count)
        }
        counts[index] += count
    }

    mutating func add(_ other: RateSeries) {
        if other.counts.count > counts.count {
            counts += Array(repeating: 0, count: other.counts.count - counts.count)
        }
        for (index, count) in other.counts.enumerated() { counts[index] += count }
    }

    /// Leaves out what came after the measurement: a step that it covers in part would look slow. Not in the
    /// first second: what is acknowledged at once in the end may be all there is.
    ///
    /// - Parameter nanoseconds: How long was measured.
    func cut(to nanoseconds: Int64) -> RateSeries {
        var cut = self
        cut.counts = Array(counts.prefix(max(10, Int(nanoseconds / Self.step))))
        return cut
    }

    struct Point: Equatable, Sendable {
        /// Middle of the time, since the measurement began.
        var seconds: Double
        var recordsPerSecond: Double
    }

    /// At most so many points, of equal parts of the time.
    func points(atMost limit: Int) -> [Point] {
        let width = max(1, (counts.count + limit - 1) / limit)
        let seconds = Double(Self.step) / 1e9
        return stride(from: 0, to: counts.count, by: width).map { start in
            let part = counts[start..<min(start + width, counts.count)]
            return Point(
                seconds: (Double(start) + Double(part.count) / 2) * seconds,
                recordsPerSecond: Double(part.reduce(0, +)) / (Double(part.count) * seconds))
        }
    }
}
