internal import ArgumentParser
internal import Martlet

/// How records are sent: what `produce` and the benchmarks have in common.
struct SendOptions: ParsableArguments {
    static let defaultLinger = Duration.milliseconds(5)
    private static let maximumBatchByteCount = 1 << 30

    @Option(help: "How many replicas must have a record: none, the leader, all that are in sync (durably).")
    var acks: AcksName = .all

    @Option(name: [.customShort("z"), .long], help: "How to compress batches.")
    var compression: CompressionName = .none

    @Flag(help: "Do without the sequence numbers by which a broker recognises what it was sent twice.")
    var noIdempotence = false

    @Option(
        help: ArgumentHelp(
            "Longest wait of a record for others to share its batch. (default: 5ms; 0 in bench latency)",
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
            "How long to try before a record counts as failed. (default: 2m)", valueName: "duration"),
        transform: DurationText.parse)
    var deliveryTimeout: Duration = .seconds(120)

    func validate() throws {
        guard (1...Self.maximumBatchByteCount).contains(batchBytes) else {
            throw ValidationError("--batch-bytes takes a number of bytes, up to 1G")
        }
        guard deliveryTimeout > linger ?? Self.defaultLinger else {
            throw ValidationError("--delivery-timeout must be longer than --linger")
        }
    }

    /// - Parameter defaultLinger: Where the command line has none.
    func configuration(linger defaultLinger: Duration = defaultLinger) -> ProducerConfiguration {
        var configuration = ProducerConfiguration()
        configuration.acks = acks.acks
        configuration.compression = compression.compression
        configuration.isIdempotent = !noIdempotence
        configuration.linger = linger ?? defaultLinger
        configuration.batchBytes = batchBytes
        configuration.bufferBytes = max(configuration.bufferBytes, batchBytes)
        configuration.deliveryTimeout = deliveryTimeout
        return configuration
    }
}
