/// What the project promises of a figure.
enum Target: CustomStringConvertible {
    case ratioAtLeast(Double)
    case ratioAtMost(Double)
    case valueAtMost(Double)

    var description: String {
        switch self {
        case .ratioAtLeast(let limit): "≥ \(limit)×"
        case .ratioAtMost(let limit): "≤ \(limit)×"
        case .valueAtMost(let limit) where limit == limit.rounded(): "≤ \(Int(limit))"
        case .valueAtMost(let limit): "≤ \(limit < 1 ? "\(limit)" : Table.short(limit))"
        }
    }

    /// Whether the medians meet it; nil where what it is about was not seen.
    func isMet(ratio: Summary?, value: Summary?) -> Bool? {
        switch self {
        case .ratioAtLeast(let limit): ratio.map { $0.median >= limit }
        case .ratioAtMost(let limit): ratio.map { $0.median <= limit }
        case .valueAtMost(let limit): value.map { $0.median <= limit }
        }
    }
}
