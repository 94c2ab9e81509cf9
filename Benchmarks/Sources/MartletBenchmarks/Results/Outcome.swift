/// A measurement with all its runs.
struct Outcome {
    let measurement: Measurement
    var baseline: [Sample] = []
    var martlet: [Sample] = []
    /// What went wrong; the runs before it still count.
    var failure: String?
    /// How long all of it took.
    var seconds = 0.0

    /// Broker to baseline, each pair of neighbouring runs by itself, so that a drift of the machine cancels
    /// out.
    var ratio: Summary? {
        Summary(zip(martlet, baseline).map { $0.value / $1.value })
    }

    /// The same of another figure.
    func ratio(of figure: Figure) -> Summary? {
        Summary(
            zip(martlet, baseline).compactMap { martlet, baseline in
                guard let value = martlet.details[figure.detail], let base = baseline.details[figure.detail],
                    base != 0
                else { return nil }
                return value / base
            })
    }

    /// What share of the machine went to neither side nor the load generator, in the middle of all runs.
    var othersShare: Double? {
        Summary((baseline + martlet).compactMap { $0.details[Sample.othersShare] })?.median
    }

    /// Whether the target of the value is met; nil where there is no target or nothing to compare.
    var meetsTarget: Bool? { line.isMet }

    var json: JSON {
        .object([
            ("name", .text(measurement.name)),
            ("title", .text(measurement.title)),
            ("unit", .text(measurement.unit)),
            ("target", measurement.target.map { .text($0.description) } ?? .null),
            ("met", Self.verdict(line)),
            ("ratio", Self.json(ratio)),
            ("baseline", Self.json(baseline)),
            ("martlet", Self.json(martlet)),
            ("figures", .object(figureLines.map { ($0.title, Self.json($0)) })),
            ("seconds", .number(seconds)),
            ("failure", failure.map { .text($0) } ?? .null),
        ])
    }

    private static func json(_ line: Line) -> JSON {
        .object([
            ("unit", .text(line.unit)),
            ("target", line.target.map { .text($0.description) } ?? .null), ("met", verdict(line)),
            ("ratio", json(line.ratio)), ("baseline", json(line.baseline)), ("martlet", json(line.martlet)),
        ])
    }

    private static func verdict(_ line: Line) -> JSON {
        line.verdict.isEmpty ? .null : .text(line.verdict)
    }

    private static func json(_ summary: Summary?) -> JSON {
        guard let summary else { return .null }
        return .object([
            ("min", .number(summary.least)), ("median", .number(summary.median)),
            ("max", .number(summary.largest)),
        ])
    }

    private static func json(_ samples: [Sample]) -> JSON {
        .object([
            ("value", json(Summary(samples.map(\.value)))),
            ("runs", .list(samples.map(json))),
        ])
    }

    private static func json(_ sample: Sample) -> JSON {
        let details = sample.details.sorted { $0.key < $1.key }.map { ($0.key, JSON.number($0.value)) }
        return .object([("value", .number(sample.value))] + details)
    }
}
