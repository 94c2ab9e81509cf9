internal import ArgumentParser
internal import Martlet

/// How the consumers of a benchmark read.
struct BenchReadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many groups of consumers, each of which reads all records. (default: 1; 3 in mixed)",
            valueName: "number"))
    var groups: Int?

    @Option(
        help: ArgumentHelp(
            "Consumers in each, which divide the partitions among themselves.",
            valueName: "number"))
    var consumers = 1

    @Option(
        help: ArgumentHelp("Bytes to fetch from a partition at once. (default: 4M)", valueName: "bytes"),
        transform: ByteCountText.parse)
    var fetchBytes = 4 << 20

    func validate() throws {
        if let groups, !(1...1_000).contains(groups) {
            throw ValidationError("--groups takes a number from 1 to 1000")
        }
        guard (1...10_000).contains(consumers) else {
            throw ValidationError("--consumers takes a number from 1 to 10000")
        }
        guard (1...1 << 30).contains(fetchBytes) else {
            throw ValidationError("--fetch-bytes takes a number of bytes up to 1G")
        }
    }

    func plan(groups defaultGroups: Int) -> BenchPlan.Reading {
        var configuration = ConsumerConfiguration()
        configuration.maximumPartitionFetchBytes = fetchBytes
        configuration.maximumFetchBytes = max(configuration.maximumFetchBytes, fetchBytes)
        return BenchPlan.Reading(
            groups: groups ?? defaultGroups, consumers: consumers, configuration: configuration)
    }
}
