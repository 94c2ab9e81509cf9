import CSupervision

/// Keeps what others do on the machine out of the figures, as long as there is time for it.
final class QuietMachine {
    private let bench: Bench
    private var waited = 0.0

    /// The share of the machine that others may use before a run, and during one: the kernel's write-back is
    /// part of it.
    private static let before = 0.1
    private static let during = 0.25
    private static let look = 0.5
    private static let mostAttempts = 4

    init(_ bench: Bench) {
        self.bench = bench
    }

    /// Runs when the machine is quiet, and again if it was not meanwhile.
    func sample(_ run: () throws(Failure) -> Sample) throws(Failure) -> Sample {
        var best: Sample?
        for _ in 1...Self.mostAttempts {
            try settle()
            let began = supervision_nanoseconds()
            let sample = try run()
            let share = sample.details[Sample.othersShare] ?? 0
            if share < best?.details[Sample.othersShare] ?? .infinity { best = sample }
            if share <= Self.during || !isPatient { break }
            waited += Double(supervision_nanoseconds() - began) / 1e9
        }
        guard let best else { throw .failed("nothing was measured") }
        return best
    }

    private var isPatient: Bool { waited < Double(bench.options.patience) }

    private func settle() throws(Failure) {
        bench.settle()
        while isPatient {
            let busy = supervision_machine_busy_seconds()
            try bench.supervisor.sleep(seconds: Self.look)
            let used = supervision_machine_busy_seconds() - busy
            if used / Self.look / Double(bench.machine.processors) <= Self.before { return }
            waited += Self.look
        }
    }
}
