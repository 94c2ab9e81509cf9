/// Who is measured.
enum Side {
    /// What the other is read beside: the C program that does what cannot be avoided and nothing else, or the
    /// broker without what is measured.
    case baseline
    case martlet
}

/// What the project promises of a figure.
enum Target: CustomStringConvertible {
    case ratioAtLeast(Double)
    case ratioAtMost(Double)
    case valueAtMost(Double)

    var description: String {
        switch self {
        case .ratioAtLeast(let limit): "≥ \(limit)×"
        case .ratioAtMost(let limit): "≤ \(limit)×"
        case .valueAtMost(let limit): "≤ \(Int(limit))"
        }
    }
}

/// One line of the table.
struct Measurement {
    /// The word that selects it on the command line.
    let name: String
    let title: String
    let unit: String
    var target: Target?
    /// Which sides can be measured; the ratio needs both.
    var sides: [Side] = [.baseline, .martlet]
    /// Whether the baseline is a broker too, so that nothing can be measured without one.
    var baselineIsBroker = false
    var figures: [Figure] = []
    /// For measurements that take long.
    var mostRuns = Int.max
    /// Runs the side once, on a directory of its own.
    let run: (Side, Bench) throws(Failure) -> Sample
}

extension Measurement {
    /// Everything, in the order of the table.
    static var all: [Measurement] {
        produce + durableProduce + fetch + roundTrips + startUp + recovery + compaction + segmentCompression
            + runningProducer + commits + heartbeats + rebalances + transactions + clients + reference
    }

    /// The measurement of this name, or else all whose names begin with it and a dash.
    static func names(selectedBy name: String) -> [String] {
        let names = all.map(\.name)
        return names.contains(name) ? [name] : names.filter { $0.hasPrefix("\(name)-") }
    }
}
