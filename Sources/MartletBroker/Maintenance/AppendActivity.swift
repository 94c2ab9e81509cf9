internal import Synchronization

/// Tells whether producers are using the machine, so that maintenance can stand back.
final class AppendActivity: Sendable {
    private let total = Atomic(0)
    private let sample = Mutex(Sample())

    private struct Sample {
        var time = ContinuousClock.now
        var total = 0
        var isBusy = false
    }

    private static let interval = Duration.milliseconds(200)
    /// Bytes a second below which nobody would notice.
    private static let threshold = 1 << 20

    /// On the hot path: one addition.
    func note(_ byteCount: Int) {
        total.add(byteCount, ordering: .relaxed)
    }

    /// Whether much was appended lately.
    var isBusy: Bool {
        sample.withLock { sample in
            let elapsed = sample.time.duration(to: .now)
            guard elapsed >= Self.interval else { return sample.isBusy }
            let total = total.load(ordering: .relaxed)
            let rate = Double(total - sample.total) / (elapsed / .seconds(1))
            sample = Sample(time: .now, total: total, isBusy: rate > Double(Self.threshold))
            return sample.isBusy
        }
    }
}
