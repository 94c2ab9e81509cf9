/// The outcomes as text: a line for each value and each promise, then a table of what else was seen.
struct Table {
    let outcomes: [Outcome]

    private static let header = [
        "measurement", "unit", "baseline", "martlet min", "median", "max", "ratio min", "median", "max",
        "target", "", "others",
    ]

    private static let figuresHeader = ["figure of", "", "baseline", "martlet", "ratio"]

    var text: String {
        var lines = Self.aligned([Self.header] + outcomes.flatMap(Self.rows))
        let figures = outcomes.flatMap(Self.figures)
        if !figures.isEmpty { lines += [""] + Self.aligned([Self.figuresHeader] + figures) }
        let verdicts = outcomes.flatMap(\.promises).compactMap(\.isMet)
        if !verdicts.isEmpty {
            lines += ["", "\(verdicts.filter { $0 }.count) of \(verdicts.count) targets met"]
        }
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

    /// The line of the value, and below it, indented, those of what is promised beside it.
    private static func rows(_ outcome: Outcome) -> [[String]] {
        outcome.promises.enumerated().map { index, line in
            let name = index == 0 ? line.title : "  \(line.title)"
            let others = outcome.othersShare.map { "\(short($0 * 100))%" } ?? "–"
            return [name, line.unit, middle(line.baseline)] + cells(line.martlet) + cells(line.ratio, "×")
                + [line.target.map(\.description) ?? "", line.verdict, index == 0 ? others : ""]
        }
    }

    private static func figures(_ outcome: Outcome) -> [[String]] {
        outcome.figureLines.filter { $0.target == nil }.map { line in
            let ratio = line.ratio.map { "\(short($0.median))×" } ?? "–"
            return [
                outcome.measurement.name, "\(line.title) \(line.unit)", middle(line.baseline),
                middle(line.martlet), ratio,
            ]
        }
    }

    private static func middle(_ summary: Summary?) -> String {
        summary.map { short($0.median) } ?? "–"
    }

    private static func cells(_ summary: Summary?, _ unit: String = "") -> [String] {
        guard let summary else { return ["–", "–", "–"] }
        return [summary.least, summary.median, summary.largest].map { short($0) + unit }
    }

    /// A number with as many places as it deserves.
    static func short(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        if value < 0 { return "-\(short(-value))" }
        let places = value >= 100 ? 0 : value >= 10 ? 1 : 2
        let scale = [1.0, 10, 100][places]
        let scaled = Int((value * scale).rounded())
        if places == 0 { return "\(scaled)" }
        let fraction = "\(scaled % Int(scale))"
        let zeros = String(repeating: "0", count: places - fraction.count)
        return "\(scaled / Int(scale)).\(zeros)\(fraction)"
    }
}
