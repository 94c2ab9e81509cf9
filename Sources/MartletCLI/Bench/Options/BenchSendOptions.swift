internal import ArgumentParser
internal import Martlet

/// How the producers of a benchmark send.
struct BenchSendOptions: ParsableArguments {
    private static let bufferByteCounts = 1...64 << 30

    @Option(help: ArgumentHelp("How many producers.", valueName: "number"))
    var producers = 1

    @OptionGroup(title: "Producers") var sending: SendOptions

    @Option(
        help: ArgumentHelp(
            "Bytes that a producer holds until they are acknowledged. (default: 64M)", valueName: "bytes"),
        transform: ByteCountText.parse)
    var bufferBytes = 64 << 20

    func validate() throws {
        guard (1...10_000).contains(producers) else {
            throw ValidationError("--producers takes a number from 1 to 10000")
        }
        guard Self.bufferByteCounts.contains(bufferBytes), bufferBytes >= sending.batchBytes else {
            throw ValidationError("--buffer-bytes takes up to 64G, and at least one batch of --batch-bytes")
        }
    }

    func plan(
        rate: Rate, linger: Duration = SendOptions.defaultLinger, recordByteCount: Int
    ) -> BenchPlan.Sending {
        var configuration = sending.configuration(linger: linger)
        configuration.bufferBytes = max(bufferBytes, recordByteCount * 2)
        // The topic knows its limit, and its answer names it.
        configuration.maximumRecordBytes = configuration.bufferBytes
        configuration.allowsTopicCreation = false
        return BenchPlan.Sending(producers: producers, rate: rate, configuration: configuration)
    }
}
