/// One line of the table and of the plot: the value of a measurement, or a figure beside it.
struct Line {
    /// The name that selects the measurement.
    let measurement: String
    let title: String
    let unit: String
    let baseline: Summary?
    let martlet: Summary?
    /// Broker to baseline, each pair of neighbouring runs by itself.
    let ratio: Summary?
    let target: Target?
    var failed = false
    /// Whether it is what the measurement is about.
    var isValue = false

    /// nil where there is no target or nothing to compare.
    var isMet: Bool? { failed ? false : target.flatMap { $0.isMet(ratio: ratio, value: martlet) } }

    var verdict: String {
        if failed { return "failed" }
        return isMet.map { $0 ? "ok" : "short" } ?? ""
    }
}

extension Outcome {
    /// What the measurement is about.
    var line: Line {
        Line(
            measurement: measurement.name, title: measurement.title, unit: measurement.unit,
            baseline: Summary(baseline.map(\.value)), martlet: Summary(martlet.map(\.value)), ratio: ratio,
            target: measurement.target, failed: failure != nil, isValue: true
        )
    }

    /// What else was seen, as far as it was.
    var figureLines: [Line] {
        measurement.figures.compactMap { figure in
            func of(_ samples: [Sample]) -> Summary? {
                Summary(samples.compactMap { $0.details[figure.detail] })
            }
            let (left, right) = (of(baseline), of(martlet))
            if left == nil && right == nil { return nil }
            return Line(
                measurement: measurement.name, title: figure.name, unit: figure.unit, baseline: left,
                martlet: right, ratio: ratio(of: figure), target: figure.target
            )
        }
    }

    /// The value and all that is promised beside it.
    var promises: [Line] { [line] + figureLines.filter { $0.target != nil } }
}
