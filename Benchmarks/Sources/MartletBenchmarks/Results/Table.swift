/// The outcomes as text: a line for each, floor and broker side by side.
struct Table {
    let outcomes: [Outcome]

    private static let header = [
        "measurement", "unit", "floor min", "median", "max", "martlet min", "median", "max", "ratio",
        "target", "",
        "CPU s/GB floor", "martlet", "others",
    ]

    var text: String {
        let rows = [Self.header] + outcomes.map(Self.row)
        let widths = Self.header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column < 2 ? cell.0 + padding : padding + cell.0
            }.joined(separator: "  ")
        }
        lines += outcomes.flatMap(Self.tails)
        for outcome in outcomes {
            guard let failure = outcome.failure else { continue }
            lines.append("\(outcome.measurement.name) failed: \(failure)")
        }
        return lines.joined(separator: "\n")
    }

    private static func row(_ outcome: Outcome) -> [String] {
        let verdict = outcome.meetsTarget.map { $0 ? "ok" : "short" } ?? ""
        let name = "\(outcome.measurement.title)"
        return [name, outcome.measurement.unit]
            + cells(Summary(outcome.floor.map(\.value)))
            + cells(Summary(outcome.martlet.map(\.value)))
            + [
                outcome.ratio.map { "\(short($0.median))×" } ?? "–",
                outcome.measurement.target?.description ?? "", outcome.failure == nil ? verdict : "failed",
                cpu(outcome.floor), cpu(outcome.martlet),
                outcome.othersShare.map { "\(short($0 * 100))%" } ?? "–",
            ]
    }

    /// How long the slow round trips took, a line for each side.
    private static func tails(_ outcome: Outcome) -> [String] {
        if outcome.measurement.unit != "µs" { return [] }
        return [("floor", outcome.floor), ("martlet", outcome.martlet)].compactMap { side, samples in
            let tail = [("p99", "p99_us"), ("p99.9", "p999_us"), ("max", "max_us")].compactMap {
                name, detail in
                Summary(samples.compactMap { $0.details[detail] }).map { "\(name) \(short($0.median))" }
            }
            return tail.isEmpty
                ? nil : "\(outcome.measurement.name), \(side): \(tail.joined(separator: ", ")) µs"
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
