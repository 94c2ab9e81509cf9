internal import ArgumentParser

/// How a benchmark shows its results.
struct BenchOutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON object in place of the table.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Draw latency by percentile, and throughput over time, into this file (SVG).", valueName: "file"),
        completion: .file(extensions: ["svg"]))
    var plot: String?

    @Flag(inversion: .prefixedNo, help: "Draw them below the table. (default: on a terminal)")
    var terminalPlot: Bool?

    func validate() throws {
        if json, terminalPlot == true {
            throw ValidationError("--json and --terminal-plot exclude each other")
        }
        if let plot, !plot.hasSuffix(".svg") {
            throw ValidationError(
                "--plot takes the name of a file that ends in .svg; for a plot here write --terminal-plot")
        }
    }

    var plan: BenchPlan.Output {
        BenchPlan.Output(
            isJSON: json, plotFile: plot, drawsHere: terminalPlot ?? (Terminal.isOutput && !json))
    }
}
