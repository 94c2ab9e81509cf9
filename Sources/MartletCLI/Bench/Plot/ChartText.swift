#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A chart in characters, for a terminal.
struct ChartText {
    struct Style: Equatable {
        var columns = 80
        /// Lines of the plot itself.
        var rows = 12
        /// Dots of braille, eight to a character; otherwise ASCII alone.
        var hasBraille = true
        var hasColor = false

        /// What suits standard output.
        static var standard: Style {
            let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
            // The first that is set counts, as for the C library.
            let names: [String] = ["LC_ALL", "LC_CTYPE", "LANG"]
            let values = names.compactMap { name in getenv(name).map { String(cString: $0) } }
            let locale = values.first { !$0.isEmpty }?.lowercased() ?? ""
            let isUnicode = locale.contains("utf-8") || locale.contains("utf8")
            return Style(
                columns: min(max(Terminal.columns, 40), 160), hasBraille: terminal != "dumb" && isUnicode,
                hasColor: Terminal.isOutput && Terminal.allowsColor)
        }
    }

    private static let markers: [Character] = ["*", "o", "+", "x"]
    private static let colors = ["34", "33", "32", "35"]

    private let chart: Chart
    private let style: Style

    init(_ chart: Chart, style: Style) {
        self.chart = chart
        self.style = style
    }

    var text: String {
        let labelWidth = (chart.y.ticks.map(\.label.count).max() ?? 0) + 1
        let width = max(style.columns - labelWidth - 1, 10)
        var canvas = PlotCanvas(columns: width, rows: style.rows, hasBraille: style.hasBraille)
        for (index, line) in chart.lines.enumerated() {
            canvas.draw(line.points.map { ($0.x, $0.y) }, line: index)
        }
        var labels = [String](repeating: "", count: style.rows)
        for tick in chart.y.ticks {
            let row = style.rows - 1 - Int((tick.position * Double(style.rows - 1)).rounded())
            if labels.indices.contains(row) { labels[row] = tick.label }
        }
        var text = header + "\n"
        for row in 0..<style.rows {
            let label = plain(labels[row])
            let axis = style.hasBraille ? (label.isEmpty ? "│" : "┤") : (label.isEmpty ? "|" : "+")
            text += String(repeating: " ", count: labelWidth - label.count - 1) + label + " " + axis
            text += canvas.row(row, text: glyphs) + "\n"
        }
        let corner =
            style.hasBraille
            ? "└" + String(repeating: "─", count: width) : "+" + String(repeating: "-", count: width)
        text += String(repeating: " ", count: labelWidth) + corner + "\n"
        return text + tickLine(width, indent: labelWidth + 1) + "\n"
    }

    /// Title, unit, and which line is which: below one another where there is no room beside one another.
    private var header: String {
        let unit = chart.title.lowercased().contains(chart.y.title) ? "" : ", \(chart.y.title)"
        let parts = chart.lines.enumerated().filter { !$0.element.points.isEmpty }.map { index, line in
            (text: "\(style.hasBraille ? "⣀⣀" : marker(index)) \(line.name)", index: index)
        }
        var (header, width) = (chart.title + unit, chart.title.count + unit.count)
        for part in parts {
            let fits = width + 3 + part.text.count <= style.columns
            header += (fits ? "   " : "\n") + colored(part.text, part.index)
            width = (fits ? width + 3 : 0) + part.text.count
        }
        return header
    }

    private func glyphs(_ cells: ArraySlice<PlotCanvas.Cell>) -> String {
        guard let line = cells.first?.line else { return String(repeating: " ", count: cells.count) }
        guard style.hasBraille else {
            return colored(String(repeating: marker(line), count: cells.count), line)
        }
        let scalars = cells.map { Unicode.Scalar(0x2800 + UInt32($0.dots)) ?? " " }
        return colored(String(String.UnicodeScalarView(scalars)), line)
    }

    private func marker(_ line: Int) -> String { String(Self.markers[line % Self.markers.count]) }

    private func tickLine(_ width: Int, indent: Int) -> String {
        var line = [Character](repeating: " ", count: indent + width)
        var free = 0
        for tick in chart.x.ticks {
            let label = Array(plain(tick.label))
            let center = indent + Int((tick.position * Double(width - 1)).rounded())
            let start = min(max(center - label.count / 2, indent), line.count - label.count)
            // A label that would touch the one before it is left out.
            guard start >= free, start + label.count <= line.count else { continue }
            line.replaceSubrange(start..<start + label.count, with: label)
            free = start + label.count + 1
        }
        while line.last == " " { line.removeLast() }
        return String(line)
    }

    private func plain(_ label: String) -> String {
        style.hasBraille ? label : String(label.map { $0 == "µ" ? "u" : $0 })
    }

    private func colored(_ text: String, _ index: Int) -> String {
        style.hasColor ? "\u{1B}[\(Self.colors[index % Self.colors.count])m\(text)\u{1B}[0m" : text
    }
}
