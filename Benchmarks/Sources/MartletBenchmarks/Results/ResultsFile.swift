import Glibc

/// Everything that was seen, for comparison with later runs, with a picture of the ratios beside it.
struct ResultsFile {
    let bench: Bench
    let provenance: Provenance
    let outcomes: [Outcome]

    func write() throws(Failure) {
        let path = bench.options.results
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectory(String(path[..<slash]))
        }
        try writeText(json.text() + "\n", to: path)
        let stem = path.hasSuffix(".json") ? String(path.dropLast(".json".count)) : path
        try writeText(Plot(outcomes: outcomes).svg, to: "\(stem).svg")
    }

    private var json: JSON {
        let machine = bench.machine
        return .object([
            ("seconds_since_1970", .number(Double(time(nil)))),
            (
                "machine",
                .object([
                    ("processors", .number(Double(machine.processors))),
                    ("usable_processors", .number(Double(machine.usable.nonzeroBitCount))),
                    ("model", .text(machine.model)),
                    ("kernel", .text(machine.kernel)),
                    ("memory_mb", .number(Double(machine.memoryMegabytes))),
                ])
            ),
            (
                "options",
                .object([
                    ("runs", .number(Double(bench.options.runs))),
                    ("bytes", .number(Double(bench.options.bytes))),
                    ("round_trips", .number(Double(bench.options.roundTrips))),
                ])
            ),
            ("provenance", provenance.json),
            ("measurements", .list(outcomes.map(\.json))),
        ])
    }
}
