internal import ArgumentParser
internal import Martlet

/// How the producers of a benchmark send.
struct BenchSendOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many producers.", valueName: "number"))
    var producers = 1

    @Option(help: "How many replicas must have a record: none, the leader, all that are in sync (durably).")
    var acks: AcksName = .all

    @Option(name: [.customShort("z"), .long], help: "How to compress batches.")
    var compression: CompressionName = .none

    @Flag(help: "Do without the sequence numbers by which a broker recognises what it was sent twice.")
    var noIdempotence = false

    @Option(
        help: ArgumentHelp(
            "Longest wait of a record for others to share its batch. (default: 5ms; 0 in latency)",
            valueName: "duration"),
        transform: DurationText.parse)
    var linger: Duration?

    @Option(
        name: [.long, .customLong("batch-size")],
        help: ArgumentHelp(
            "Size at which a batch is sent, before compression. (default: 512K)", valueName: "bytes"),
        transform: ByteCountText.parse)
    var batchBytes = 512 << 10

    @Option(
        help: ArgumentHelp(
            "Bytes that a producer holds until they are acknowledged. (default: 64M)", valueName: "bytes"),
        transform: ByteCountText.parse)
    var bufferBytes = 64 << 20

    func validate() throws {
        guard (1...10_000).contains(producers) else {
            throw ValidationError("--producers takes a number from 1 to 10000")
        }
        guard batchBytes > 0, bufferBytes >= batchBytes else {
            throw ValidationError("--buffer-bytes must hold at least one batch of --batch-bytes")
        }
    }

    func plan(rate: Rate, linger defaultLinger: Duration, recordByteCount: Int) -> BenchPlan.Sending {
        var configuration = ProducerConfiguration()
        configuration.acks = acks.acks
        configuration.compression = compression.compression
        configuration.isIdempotent = !noIdempotence
        configuration.linger = linger ?? defaultLinger
        configuration.batchBytes = batchBytes
        configuration.bufferBytes = max(bufferBytes, recordByteCount * 2)
        // The topic knows its limit, and its answer names it.
        configuration.maximumRecordBytes = configuration.bufferBytes
        configuration.deliveryTimeout = max(configuration.deliveryTimeout, configuration.linger * 2)
        configuration.allowsTopicCreation = false
        return BenchPlan.Sending(producers: producers, rate: rate, configuration: configuration)
    }
}
