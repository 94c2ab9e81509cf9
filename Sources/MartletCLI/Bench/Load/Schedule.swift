/// When the records of a producer are due.
///
/// It never slips: a producer that was held up sends what has become due meanwhile as fast as it can, and the
/// latency of each record counts from when it was due. Otherwise the records that were not sent while the
/// broker stood still would be missing among the slow ones (coordinated omission), and a broker would look
/// the better the longer it stops.
struct Schedule: Sendable {
    /// Nanoseconds between bursts at high rates. A timer for each of a million records a second would measure
    /// the timer.
    private static let tick = 1e6

    /// Records that are due together.
    let burst: Int
    /// Nanoseconds from burst to burst.
    private let interval: Double
    private let start: Double

    /// - Parameters:
    ///   - rate: Records a second; positive.
    ///   - start: When the first is due, in nanoseconds.
    init(rate: Double, start: Int64) {
        precondition(rate > 0, "a schedule needs a rate")
        burst = max(1, Int((rate * Self.tick / 1e9).rounded(.down)))
        interval = Double(burst) * 1e9 / rate
        self.start = Double(start)
    }

    /// When a record is due; the first is 0.
    func due(_ index: Int) -> Int64 {
        Int64((start + Double(index / burst) * interval).rounded(.up))
    }

    /// How many records are due by then, all since the beginning included.
    func dueCount(at nanoseconds: Int64) -> Int {
        let elapsed = Double(nanoseconds) - start
        guard elapsed >= 0 else { return 0 }
        let bursts = (elapsed / interval).rounded(.down) + 1
        return bursts < 1e15 / Double(burst) ? Int(bursts) * burst : 1_000_000_000_000_000
    }
}
