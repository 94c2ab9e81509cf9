internal import ArgumentParser

/// `--rate`: records a second.
enum Rate: Equatable, Sendable {
    /// As many as there is room for.
    case unlimited
    case perSecond(Double)

    var perSecond: Double? {
        if case .perSecond(let rate) = self { rate } else { nil }
    }
}

/// Rates as the command line has them: `500`, `20k`, `1.5M`, in powers of 1000, or `unlimited`.
enum RateText {
    private static let units: [Character: Double] = ["k": 1e3, "K": 1e3, "M": 1e6]

    @Sendable
    static func parse(_ text: String) throws -> Rate {
        if text == "unlimited" { return .unlimited }
        var digits = text[...]
        var unit = 1.0
        if let last = digits.last, let known = units[last] {
            unit = known
            digits.removeLast()
        }
        // A record in a thousand seconds, up to more than any processor makes.
        guard let number = Double(digits), number.isFinite, (0.001...1e9).contains(number * unit) else {
            throw ValidationError(
                "\"\(text)\" is no rate; write records a second, as 500, 20k or 1.5M, or unlimited")
        }
        return .perSecond(number * unit)
    }
}
