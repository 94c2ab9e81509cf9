/// The outcomes as text: a line for each, baseline and broker side by side.
struct Table {
    let outcomes: [Outcome]

    private static let header = [
        "measurement", "unit", "baseline min", "median", "max", "martlet min", "median", "max", "ratio",
        "target", "",
        "CPU s/GB baseline", "martlet", "others",
    ]

    private static let figuresHeader = ["figure of", "", "baseline", "martlet", "ratio"]

    var text: String {
        var lines = Self.aligned([Self.header] + outcomes.map(Self.row))
        let figures = outcomes.flatMap(Self.figures)
        if !figures.isEmpty { lines += [""] + Self.aligned([Self.figuresHeader] + figures) }
        for outcome in outcomes {
            guard let failure = outcome.failure else { continue }
            lines.append("\(outcome.measurement.name) failed: \(failure)")
        }
        return lines.joined(separator: "\n")
    }

    /// Pads the cells of each column to the same width, the first two columns to the left.
    private static func aligned(_ rows: [[String]]) -> [String] {
        guard let header = rows.first else { return [] }
        let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column < 2 ? cell.0 + padding : padding + cell.0
            }.joined(separator: "  ")
        }
    }

    private static func row(_ outcome: Outcome) -> [String] {
        let verdict = outcome.meetsTarget.map { $0 ? "ok" : "short" } ?? ""
        let name = "\(outcome.measurement.title)"
        return [name, outcome.measurement.unit]
            + cells(Summary(outcome.baseline.map(\.value)))
            + cells(Summary(outcome.martlet.map(\.value)))
            + [
                outcome.ratio.map { "\(short($0.median))×" } ?? "–",
                outcome.measurement.target?.description ?? "", outcome.failure == nil ? verdict : "failed",
                cpu(outcome.baseline), cpu(outcome.martlet),
                outcome.othersShare.map { "\(short($0 * 100))%" } ?? "–",
            ]
    }

    /// What else was seen, a line for each figure.
    private static func figures(_ outcome: Outcome) -> [[String]] {
        outcome.measurement.figures.compactMap { figure in
            func middle(_ samples: [Sample]) -> String {
                Summary(samples.compactMap { $0.details[figure.detail] }).map { short($0.median) } ?? "–"
            }
            let sides = [middle(outcome.baseline), middle(outcome.martlet)]
            if sides == ["–", "–"] { return nil }
            let ratio = outcome.ratio(of: figure).map { "\(short($0.median))×" } ?? "–"
            return [outcome.measurement.name, "\(figure.name) \(figure.unit)"] + sides + [ratio]
        }
    }

    private static func cells(_ summary: Summary?) -> [String] {
        guard let summary else { return ["–", "–", "–"] }
        return [summary.least, summary.median, summary.largest].map(short)
    }

    private static func cpu(_ samples: [Sample]) -> String {
        Summary(samples.compactMap(\.cpuPerGigabyte)).map { short($0.median) } ?? "–"
    }

    /// A number with as many places as it deserves.
    static func short(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let places = value >= 100 ? 0 : value >= 10 ? 1 : 2
        let scale = [1.0, 10, 100][places]
        let scaled = Int((value * scale).rounded())
        if places == 0 { return "\(scaled)" }
        let fraction = "\(scaled % Int(scale))"
        let zeros = String(repeating: "0", count: places - fraction.count)
        return "\(scaled / Int(scale)).\(zeros)\(fraction)"
    }
}
