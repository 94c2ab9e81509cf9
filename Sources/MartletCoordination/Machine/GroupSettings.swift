/// What a group coordinator is told about limits and times; names and defaults are Kafka's.
package struct GroupSettings: Sendable {
    // Classic groups.
    package var maximumSize = Int(Int32.max)
    package var sessionTimeoutMs: ClosedRange<Int32> = 6_000...1_800_000
    package var initialRebalanceDelayMs: Int64 = 3_000
    // Offsets.
    package var offsetsRetentionMs: Int64 = 7 * 24 * 60 * 60_000
    package var offsetsRetentionCheckIntervalMs: Int64 = 600_000
    package var offsetMetadataMaximumByteCount = 4_096
    // Consumer groups (KIP-848).
    package var consumer = Membership(sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5_000)
    package var consumerAssignors = ["uniform", "range"]
    package var migrationPolicy = MigrationPolicy.bidirectional
    package var patternRefreshIntervalMs: Int64 = 600_000
    // Share groups (KIP-932).
    package var share = Membership(sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5_000, maximumSize: 200)

    package init() {}

    /// How members of the newer protocols show that they live.
    package struct Membership: Sendable {
        package var sessionTimeoutMs: Int32
        package var heartbeatIntervalMs: Int32
        package var maximumSize: Int

        package init(
            sessionTimeoutMs: Int32, heartbeatIntervalMs: Int32, maximumSize: Int = Int(Int32.max)
        ) {
            self.sessionTimeoutMs = sessionTimeoutMs
            self.heartbeatIntervalMs = heartbeatIntervalMs
            self.maximumSize = maximumSize
        }
    }

    /// Which way groups may change between the classic and the consumer protocol while members are there.
    package enum MigrationPolicy: String, Sendable {
        case bidirectional, upgrade, downgrade, disabled
    }
}

/// What was set for one group alone; nil where the broker's setting counts.
package struct GroupOverrides: Sendable, Equatable {
    package var consumerSessionTimeoutMs: Int32?
    package var consumerHeartbeatIntervalMs: Int32?
    package var shareSessionTimeoutMs: Int32?
    package var shareHeartbeatIntervalMs: Int32?

    package init() {}
}
