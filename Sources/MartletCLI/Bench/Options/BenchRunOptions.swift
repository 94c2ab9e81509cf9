internal import ArgumentParser

/// How long a benchmark sends.
struct BenchRunOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Records a second in all: 500, 20k, 1.5M, or unlimited. (default: unlimited; 1000 in latency)",
            valueName: "rate"),
        transform: RateText.parse)
    var rate: Rate?

    @Option(
        help: ArgumentHelp(
            "How long to measure. (default: 10s, unless --records is given)", valueName: "duration"),
        transform: DurationText.parse)
    var duration: Duration?

    @Option(help: ArgumentHelp("Measure until so many records are sent, in all.", valueName: "number"))
    var records: Int?

    @Option(
        help: ArgumentHelp(
            "How long to send before measuring. (default: 1s; 0 with --records)", valueName: "duration"),
        transform: DurationText.parse)
    var warmUp: Duration?

    func validate() throws {
        if let records, records < 1 { throw ValidationError("--records takes a number of at least 1") }
        if let duration, duration <= .zero { throw ValidationError("--duration must be positive") }
    }

    var plan: BenchPlan.Length {
        BenchPlan.Length(
            duration: duration ?? (records == nil ? .seconds(10) : nil), records: records,
            warmUp: warmUp ?? (records == nil ? .seconds(1) : .zero))
    }
}
