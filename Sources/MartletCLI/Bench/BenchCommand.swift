internal import ArgumentParser

/// `martlet bench`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure what a cluster can do.",
        discussion: """
            Makes topics of its own, loads them, checks that nothing is lost, changed or out of order, \
            prints throughput and latency, and deletes the topics. With a rate, latency counts from when a \
            record was due: what a broker delays while it stands still counts, too. SIGINT ends the run \
            early, with the results so far.

            The client needs processors itself, as many as the broker or more: it says how much it used. Run \
            it on another machine to find the limit of a broker.

            EXAMPLES
              martlet bench produce --partitions 12 --producers 4
              martlet bench consume --records 2000000 --groups 3
              martlet bench latency --rate 5k --duration 1m --plot latency.svg
              martlet bench mixed --rate 50k --groups 3
            """,
        subcommands: [
            BenchProduceCommand.self, BenchConsumeCommand.self, BenchLatencyCommand.self,
            BenchMixedCommand.self,
        ]
    )
}
