/// Rows of text: aligned columns with a heading for people, tab-separated fields without one for programs.
struct Table {
    struct Column {
        enum Alignment {
            case left, right
        }

        var heading: String
        var alignment = Alignment.left

        static func left(_ heading: String) -> Column { Column(heading: heading) }
        /// For numbers.
        static func right(_ heading: String) -> Column { Column(heading: heading, alignment: .right) }
    }

    enum Style: Equatable {
        case aligned(isBold: Bool)
        case tabs

        /// What suits standard output.
        static var standard: Style {
            Terminal.isOutput ? .aligned(isBold: Terminal.allowsColor) : .tabs
        }
    }

    private static let gap = "  "

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells)
    }

    /// - Parameter kind: Stands first in each tab-separated line, where output has rows of several kinds.
    func write(to output: inout OutputBuffer, style: Style, kind: String? = nil) {
        switch style {
        case .tabs:
            for row in rows {
                let fields = (kind.map { [$0] } ?? []) + row
                output.append(fields.joined(separator: "\t") + "\n")
            }
        case .aligned(let isBold):
            let widths = columns.indices.map { index in
                rows.reduce(columns[index].heading.count) { max($0, $1[index].count) }
            }
            let heading = line(columns.map(\.heading), widths)
            output.append(isBold ? "\u{1B}[1m\(heading)\u{1B}[0m\n" : heading + "\n")
            for row in rows { output.append(line(row, widths) + "\n") }
        }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: widths[index] - cell.count)
            if index > 0 { line += Self.gap }
            line += columns[index].alignment == .left ? cell + padding : padding + cell
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
