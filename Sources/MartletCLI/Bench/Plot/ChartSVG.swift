/// Charts below one another as SVG. Its colours can be read on a light and on a dark ground, and the ground
/// is whatever lies behind it.
struct ChartSVG {
    private static let width = 820.0
    private static let chartHeight = 330.0
    private static let headHeight = 44.0
    private static let margins = (left: 78.0, right: 24.0, top: 34.0, bottom: 56.0)
    private static let colors = ["#2f7ed8", "#e08214", "#1b9e77", "#c2539b"]
    /// Told apart without colour, too.
    private static let dashes = ["", "7 4", "2 3", "9 3 2 3"]
    private static let ink = "#7f8790"

    let text: String

    init(_ charts: [Chart], title: String) {
        let height = Self.headHeight + Double(charts.count) * Self.chartHeight
        let size = "\(Self.number(Self.width)) \(Self.number(height))"
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" role="img" \
            width="\(Self.number(Self.width))" height="\(Self.number(height))" \
            font-family="system-ui, sans-serif" font-size="12" fill="\(Self.ink)">
            <title>\(Self.escaped(title))</title>
            <text x="\(Self.number(Self.margins.left))" y="26" font-size="15" font-weight="600">\
            \(Self.escaped(title))</text>

            """
        for (index, chart) in charts.enumerated() {
            let y = Self.headHeight + Double(index) * Self.chartHeight
            text += "<g transform=\"translate(0 \(Self.number(y)))\">\n\(Self.draw(chart))</g>\n"
        }
        self.text = text + "</svg>\n"
    }

    private static func draw(_ chart: Chart) -> String {
        let (plotWidth, plotHeight) = (
            width - margins.left - margins.right, chartHeight - margins.top - margins.bottom
        )
        func x(_ position: Double) -> Double { margins.left + position * plotWidth }
        func y(_ position: Double) -> Double { margins.top + (1 - position) * plotHeight }
        var text = label(chart.title, x: margins.left, y: 14, "font-weight=\"600\"")
        text += "<g stroke=\"\(ink)\" stroke-opacity=\"0.3\">\n"
        for tick in chart.x.ticks { text += line(x(tick.position), y(0), x(tick.position), y(1)) }
        for tick in chart.y.ticks { text += line(x(0), y(tick.position), x(1), y(tick.position)) }
        text +=
            "</g>\n<g stroke=\"\(ink)\">\n\(line(x(0), y(0), x(1), y(0)))\(line(x(0), y(0), x(0), y(1)))</g>\n"
        for tick in chart.x.ticks {
            text += label(tick.label, x: x(tick.position), y: y(0) + 17, "text-anchor=\"middle\"")
        }
        for tick in chart.y.ticks {
            text += label(tick.label, x: x(0) - 7, y: y(tick.position) + 4, "text-anchor=\"end\"")
        }
        text += label(chart.x.title, x: x(0.5), y: y(0) + 36, "text-anchor=\"middle\"")
        text +=
            "<text transform=\"translate(16 \(number(y(0.5)))) rotate(-90)\" text-anchor=\"middle\">"
            + "\(escaped(chart.y.title))</text>\n"
        for (index, each) in chart.lines.enumerated() where !each.points.isEmpty {
            let points = each.points.map { "\(number(x($0.x))),\(number(y(min(max($0.y, 0), 1))))" }
            let style = strokeStyle(index)
            text +=
                "<polyline fill=\"none\" \(style) stroke-linejoin=\"round\" points=\"\(points.joined(separator: " "))\"/>\n"
        }
        return text + legend(chart.lines.map(\.name))
    }

    /// In the line of the title, from the right.
    private static func legend(_ names: [String]) -> String {
        var text = ""
        var right = width - margins.right
        for (index, name) in names.enumerated().reversed() {
            let left = right - Double(name.count) * 7 - 34
            text +=
                "<line x1=\"\(number(left))\" y1=\"10\" x2=\"\(number(left + 26))\" y2=\"10\" \(strokeStyle(index))/>\n"
            text += label(name, x: left + 32, y: 14, "")
            right = left - 14
        }
        return text
    }

    private static func strokeStyle(_ index: Int) -> String {
        let dash = dashes[index % dashes.count]
        return "stroke=\"\(colors[index % colors.count])\" stroke-width=\"2\""
            + (dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")
    }

    private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
        "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\"/>\n"
    }

    private static func label(_ text: String, x: Double, y: Double, _ attributes: String) -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\"\(attributes.isEmpty ? "" : " ")\(attributes)>\(escaped(text))</text>\n"
    }

    private static func number(_ value: Double) -> String { DecimalText.fixed(value, decimals: 1) }

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            // What XML cannot hold at all.
            case "\u{0}"..<" " where scalar != "\n" && scalar != "\t": result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
