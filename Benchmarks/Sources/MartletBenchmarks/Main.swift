import CSupervision
import Glibc

@main
struct MartletBenchmarks {
    static func main() {
        do throws(Failure) {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            if options.wantsHelp { return print(Options.usage) }
            if options.wantsList { return printList() }
            let failed = try run(options)
            if failed { exit(1) }
        } catch {
            exit(report(error))
        }
    }

    private static func printList() {
        for measurement in Measurement.all { print("\(measurement.name)  (\(measurement.title))") }
    }

    /// Says what went wrong, and returns the exit code that fits.
    private static func report(_ failure: Failure) -> Int32 {
        switch failure {
        case .interrupted:
            say("stopped\n")
            return 130
        case .failed(let message):
            say("martlet-benchmarks: \(message)\n")
            return 1
        case .usage(let message):
            say("martlet-benchmarks: \(message)\n\n\(Options.usage)\n")
            return 64
        }
    }

    /// Returns whether a measurement failed. A missed target is not a failure.
    private static func run(_ options: Options) throws(Failure) -> Bool {
        try makeDirectory(options.workDirectory)
        let bench = Bench(options: options, supervisor: try Supervisor(), machine: Machine())
        let provenance = try Provenance(bench)
        var outcomes: [Outcome] = []
        let quiet = QuietMachine(bench)
        for measurement in Measurement.all {
            if !options.selects(measurement) { continue }
            let sides =
                options.floorOnly
                ? measurement.sides.filter { $0 == .baseline && !measurement.baselineIsBroker }
                : measurement.sides
            if sides.isEmpty { continue }
            let outcome = try alternate(measurement, sides, bench, quiet)
            outcomes.append(outcome)
            showOutcome(outcome)
            // Should somebody stop the run, what was measured is there.
            try ResultsFile(bench: bench, provenance: provenance, outcomes: outcomes).write()
        }
        let machine = bench.machine
        print(
            """
            \(machine.processors) × \(machine.model), \(machine.memoryMegabytes) MB, Linux \(machine.kernel)
            at most \(options.runs) alternating runs, \(Table.short(Double(options.bytes) / 1e6)) MB each, \
            batches of up to 1 MiB, acks=all; CPU is the server's
            """
        )
        print(Table(outcomes: outcomes).text)
        return outcomes.contains { $0.failure != nil }
    }

    /// Runs the sides in turn, so that whatever the machine is going through meets both.
    private static func alternate(
        _ measurement: Measurement, _ sides: [Side], _ bench: Bench, _ quiet: QuietMachine
    ) throws(Failure) -> Outcome {
        var outcome = Outcome(measurement: measurement)
        let begun = supervision_nanoseconds()
        do throws(Failure) {
            let runs = min(bench.options.runs, measurement.mostRuns)
            for run in 1...runs {
                for side in sides {
                    showProgress("\(measurement.title): run \(run) of \(runs)")
                    let sample = try quiet.sample { () throws(Failure) in try measurement.run(side, bench) }
                    if side == .baseline {
                        outcome.baseline.append(sample)
                    } else {
                        outcome.martlet.append(sample)
                    }
                }
            }
        } catch .failed(let message) {
            outcome.failure = message
        }
        showProgress("")
        outcome.seconds = Double(supervision_nanoseconds() - begun) / 1e9
        return outcome
    }

    /// One line that is written over; silent without a terminal.
    private static func showProgress(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { say("\r\u{1B}[K\(text)") }
    }

    /// A line for each measurement that is through, with the medians.
    private static func showOutcome(_ outcome: Outcome) {
        let figures = outcome.promises.map { line in
            let ratio = line.ratio.map { "\(Table.short($0.median))×" }
            let value = (line.martlet ?? line.baseline).map { "\(Table.short($0.median)) \(line.unit)" }
            let shown = ratio ?? value ?? "–"
            return line.verdict.isEmpty ? shown : "\(shown) \(line.verdict)"
        }
        let name = outcome.measurement.name
        say("\(name): \(figures.joined(separator: ", ")) (\(Table.short(outcome.seconds)) s)\n")
        // At once, so that nobody waits for the end of a run that has to be repeated.
        if let failure = outcome.failure { say("\(failure)\n") }
    }

    /// Progress and errors go to standard error, the table alone to standard output.
    private static func say(_ text: String) {
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }
}
