/// Who is measured.
enum Side {
    /// What the other is read beside: the C program that does what cannot be avoided and nothing else, or the
    /// broker without what is measured.
    case baseline
    case martlet
}

/// One row of the table.
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
    /// Left out of a quick run, unless it was named.
    var takesLong = false
    /// Runs the side once, on a directory of its own.
    let run: (Side, Bench) throws(Failure) -> Sample
}

extension Measurement {
    /// Everything, in the order of the table.
    static var all: [Measurement] {
        targets + durableProduce + [smallRecords, firstStart] + recovery + compaction + segmentCompression
            + runningProducer + commits + heartbeats + rebalances + transactions + clients + reference
    }

    /// What the machine's limit is measured by: the rows of the table of targets.
    static var targets: [Measurement] {
        produce + memory + fetch + roundTrips + durableTargets + connections + idle + ready + growth + mixed
    }

    /// The measurement of this name, or else all whose names begin with it and a dash.
    static func names(selectedBy name: String) -> [String] {
        if name == "targets" { return targets.map(\.name) }
        let names = all.map(\.name)
        return names.contains(name) ? [name] : names.filter { $0.hasPrefix("\(name)-") }
    }
}
