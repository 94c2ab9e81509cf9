/// Numbers with a decimal point, without Foundation.
enum DecimalText {
    /// Three digits that count, and never fewer than those before the point: `0.0123`, `1.23`, `123`,
    /// `12345`.
    static func significant(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return "0" }
        let magnitude = abs(value)
        var decimals = 0
        var bound = 100.0
        while decimals < 6, magnitude < bound {
            decimals += 1
            bound /= 10
        }
        return fixed(value, decimals: decimals)
    }

    /// Without zeros at the end: `1.5`, `2`.
    static func trimmed(_ value: Double, decimals: Int) -> String {
        var text = fixed(value, decimals: decimals)
        guard text.contains(".") else { return text }
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    static func fixed(_ value: Double, decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 9e18 else { return "\(value)" }
        let whole = Int64(scaled)
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(whole)" }
        let divisor = Int64(scale)
        let fraction = String(whole % divisor)
        return "\(sign)\(whole / divisor)." + String(repeating: "0", count: decimals - fraction.count)
            + fraction
    }
}
