/// What a share partition is told about limits and times; names and defaults are Kafka's.
package struct SharePartitionSettings: Sendable, Equatable {
    /// How long a member has for the records that it acquired.
    package var lockDurationMs: Int64 = 30_000
    /// Records that were delivered as often and not accepted are given up.
    package var deliveryCountLimit: Int16 = 5
    /// Records that may be between acquired for the first time and done with. Bounds the memory, too.
    package var maximumInFlight = 2_000
    /// Whether records that are given up are copied to a dead-letter topic first.
    package var hasDeadLetters = false

    package init() {}
}
