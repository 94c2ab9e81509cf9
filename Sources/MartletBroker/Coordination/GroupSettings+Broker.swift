internal import MartletCoordination

extension GroupSettings {
    /// What the broker's settings say to group coordinators.
    init(_ settings: BrokerSettings) {
        self.init()
        func int(_ key: String, _ fallback: Int) -> Int { settings.int(key) ?? fallback }
        func int32(_ key: String, _ fallback: Int32) -> Int32 {
            settings.int(key).map { Int32(clamping: $0) } ?? fallback
        }
        maximumSize = int("group.max.size", maximumSize)
        let shortest = int32("group.min.session.timeout.ms", sessionTimeoutMs.lowerBound)
        let longest = int32("group.max.session.timeout.ms", sessionTimeoutMs.upperBound)
        sessionTimeoutMs = shortest...max(shortest, longest)
        initialRebalanceDelayMs = Int64(int("group.initial.rebalance.delay.ms", 3_000))
        offsetsRetentionMs = Int64(int("offsets.retention.minutes", 10_080)) * 60_000
        offsetsRetentionCheckIntervalMs = Int64(int("offsets.retention.check.interval.ms", 600_000))
        offsetMetadataMaximumByteCount = int(
            "offset.metadata.max.bytes", offsetMetadataMaximumByteCount)
        consumer = Membership(
            sessionTimeoutMs: int32("group.consumer.session.timeout.ms", 45_000),
            heartbeatIntervalMs: int32("group.consumer.heartbeat.interval.ms", 5_000),
            maximumSize: int("group.consumer.max.size", Int(Int32.max)))
        consumerAssignors = settings.list("group.consumer.assignors") ?? consumerAssignors
        migrationPolicy =
            settings.string("group.consumer.migration.policy").flatMap(MigrationPolicy.init)
            ?? migrationPolicy
        patternRefreshIntervalMs = Int64(
            int("group.consumer.regex.refresh.interval.ms", Int(patternRefreshIntervalMs)))
        share = Membership(
            sessionTimeoutMs: int32("group.share.session.timeout.ms", 45_000),
            heartbeatIntervalMs: int32("group.share.heartbeat.interval.ms", 5_000),
            maximumSize: int("group.share.max.size", 200))
    }
}

extension GroupOverrides {
    /// What was set for a group, by the names of `GroupConfigKeys`.
    init(_ settings: [String: String]) {
        self.init()
        consumerSessionTimeoutMs = settings["consumer.session.timeout.ms"].flatMap { Int32($0) }
        consumerHeartbeatIntervalMs = settings["consumer.heartbeat.interval.ms"].flatMap { Int32($0) }
        shareSessionTimeoutMs = settings["share.session.timeout.ms"].flatMap { Int32($0) }
        shareHeartbeatIntervalMs = settings["share.heartbeat.interval.ms"].flatMap { Int32($0) }
    }
}
