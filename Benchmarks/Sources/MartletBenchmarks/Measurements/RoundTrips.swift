extension Measurement {
    /// How long a client waits that has one record of 100 bytes in flight, against an echo of the same
    /// frames.
    static var roundTrips: [Measurement] {
        [
            roundTrip(
                "round-trip", "produce round trip p50, 100 B, os, one processor",
                RoundTrip(sharesProcessor: true, floor: ["echo"], durability: "os"), target: .ratioAtMost(1.5)
            ),
            roundTrip(
                "round-trip-apart", "produce round trip p50, 100 B, os, two processors",
                RoundTrip(sharesProcessor: false, floor: ["echo"], durability: "os"),
                target: .ratioAtMost(1.5)
            ),
            roundTrip(
                "round-trip-sync", "produce round trip p50, 100 B, sync, one processor",
                RoundTrip(
                    sharesProcessor: true,
                    floor: ["produce", "--durability", "sync", "--prewritten", "64m"], durability: "sync"
                ), target: .ratioAtMost(1.5), slow: .slow
            ),
        ]
    }

    private static func roundTrip(
        _ name: String, _ title: String, _ roundTrip: RoundTrip, target: Target,
        slow: Figure = .slow.promised(.ratioAtMost(3))
    ) -> Measurement {
        Measurement(
            name: name, title: title, unit: "µs", target: target, figures: [slow, .slower, .slowest]
        ) {
            (side, bench) throws(Failure) in
            try roundTrip.run(side, bench)
        }
    }
}

private struct RoundTrip {
    /// Whether server and client run on the same processor.
    let sharesProcessor: Bool
    let floor: [String]
    let durability: String

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let machine = bench.machine
        let server =
            switch side {
            case .baseline: try bench.startFloor(floor, on: serverProcessors(machine))
            case .martlet:
                try bench.startBroker(durability: durability, partitions: 1, on: serverProcessors(machine))
            }
        let arguments = ["--record", "100", "--count", "\(bench.options.roundTrips)", "--seconds", "3"]
        let clientProcessors = sharesProcessor ? machine.first : machine.last
        let report = try bench.load("latency", arguments, of: server, on: clientProcessors)
        return Sample(value: try report.figure("p50_us"), details: report.figures)
    }

    private func serverProcessors(_ machine: Machine) -> UInt64 {
        sharesProcessor ? machine.first : machine.allButLast
    }
}
