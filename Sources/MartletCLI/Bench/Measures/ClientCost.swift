/// What the load cost the machine that it came from, from the first record to the last, warm-up included. By
/// it a user sees whether the client was the limit, and not the cluster.
struct ClientCost: Equatable, Sendable {
    var processorTime: ProcessorTime
    /// How long that took, in nanoseconds.
    var elapsed: Int64
    var processorCount: Int
    /// Values and keys that were sent and received.
    var bytes: Int64

    /// How many processors were busy with it, on average.
    var busyProcessors: Double { Double(processorTime.nanoseconds) / Double(max(elapsed, 1)) }
    /// A GB is 1,000,000,000 bytes.
    var secondsPerGB: Double { Double(processorTime.nanoseconds) / Double(max(bytes, 1)) }

    /// Whether more load needs more machines.
    var isLimit: Bool { busyProcessors >= 0.9 * Double(processorCount) }

    var sentence: String {
        let busy =
            "this client used \(DecimalText.significant(busyProcessors)) of \(processorCount) processors"
        // Start and end weigh more than the records, where there are few of them.
        guard bytes >= 10_000_000 else { return busy }
        return busy + ", \(DecimalText.significant(secondsPerGB)) s of processor time per GB"
    }
}
