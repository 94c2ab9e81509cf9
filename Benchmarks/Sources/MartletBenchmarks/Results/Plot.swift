import Glibc

/// The ratios with their spread and their targets as a picture: a line for each promise, on a logarithmic
/// axis. Where there is no baseline, the target itself is 1.
struct Plot {
    private let entries: [Entry]
    private let lowest: Double
    private let highest: Double

    private static let labelWidth = 480
    private static let plotWidth = 420
    private static let textWidth = 180
    private static let rowHeight = 22
    private static let top = 40

    /// A line as it is drawn.
    private struct Entry {
        let line: Line
        let spread: Summary
        let target: Double
    }

    init(outcomes: [Outcome]) {
        entries = outcomes.flatMap(\.promises).compactMap(Self.entry)
        let seen = entries.flatMap { [$0.spread.least, $0.spread.largest, $0.target] }
        // Whole powers of two, so that the axis has its marks at them.
        lowest = max(1.0 / 64, exp2(floor(log2(min(0.5, seen.min() ?? 0.5)))))
        highest = min(64, exp2(ceil(log2(max(2, seen.max() ?? 2)))))
    }

    private static func entry(_ line: Line) -> Entry? {
        switch line.target {
        case .ratioAtLeast(let limit), .ratioAtMost(let limit):
            return line.ratio.map { Entry(line: line, spread: $0, target: limit) }
        case .valueAtMost(let limit):
            guard let value = line.martlet else { return nil }
            let shares = Summary([value.least, value.median, value.largest].map { $0 / limit })
            return shares.map { Entry(line: line, spread: $0, target: 1) }
        case nil: return nil
        }
    }

    var svg: String {
        let width = Self.labelWidth + Self.plotWidth + Self.textWidth
        let height = Self.top + entries.count * Self.rowHeight + 30
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            <text x="8" y="18" font-weight="bold">Broker to baseline of the same run: \
            least, median, largest; | is the target (1× where there is no baseline)</text>
            """
        ]
        parts += axis(height: height)
        for (index, entry) in entries.enumerated() {
            parts += row(entry, at: Self.top + index * Self.rowHeight + Self.rowHeight / 2)
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private func axis(height: Int) -> [String] {
        var parts: [String] = []
        var mark = lowest
        while mark <= highest {
            let x = place(mark)
            let text = mark < 1 ? "1/\(Int(1 / mark))" : "\(Int(mark))"
            parts.append(
                """
                <line x1="\(x)" y1="\(Self.top - 6)" x2="\(x)" y2="\(height - 26)" \
                stroke="\(mark == 1 ? "#888" : "#ddd")"/>
                <text x="\(x)" y="\(height - 10)" text-anchor="middle" fill="#555">\(text)×</text>
                """)
            mark *= 2
        }
        return parts
    }

    private func row(_ entry: Entry, at y: Int) -> [String] {
        let line = entry.line
        let color = line.isMet == true ? "#1a7f37" : "#c0362c"
        let (left, middle, right) = (
            place(entry.spread.least), place(entry.spread.median), place(entry.spread.largest)
        )
        let target = place(entry.target)
        let value = line.ratio.map { "\(Table.short($0.median))×" }
        let shown = value ?? line.martlet.map { "\(Table.short($0.median)) \(line.unit)" } ?? ""
        let promise = line.target.map(\.description) ?? ""
        let label = line.isValue ? line.title : "\(line.measurement): \(line.title)"
        return [
            """
            <text x="8" y="\(y + 4)">\(Self.escaped(label))</text>
            <line x1="\(left)" y1="\(y)" x2="\(right)" y2="\(y)" stroke="\(color)" stroke-width="3"/>
            <circle cx="\(middle)" cy="\(y)" r="4" fill="\(color)"/>
            <line x1="\(target)" y1="\(y - 8)" x2="\(target)" y2="\(y + 8)" stroke="black" stroke-width="2"/>
            <text x="\(Self.labelWidth + Self.plotWidth + 14)" y="\(y + 4)" fill="\(color)">\
            \(Self.escaped("\(shown)  (\(promise))"))</text>
            """
        ]
    }

    private func place(_ ratio: Double) -> Int {
        let inside = min(highest, max(lowest, ratio.isFinite ? ratio : highest))
        let share = (log2(inside) - log2(lowest)) / (log2(highest) - log2(lowest))
        return Self.labelWidth + Int((share * Double(Self.plotWidth)).rounded())
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
    }
}
