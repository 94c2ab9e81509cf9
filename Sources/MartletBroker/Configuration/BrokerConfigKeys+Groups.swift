/// Groups and the offsets that they commit.
extension BrokerConfigKeys {
    static let groups = offsets + classicGroups + consumerGroups + shareGroups

    private static let offsets = [
        ConfigKey(
            "offsets.topic.num.partitions", .int32(1...1000), default: "50",
            "Partitions of `__consumer_offsets`; counts when the topic is made, with the first group."
        ),
        ConfigKey(
            "offsets.topic.segment.bytes", .int32(1_048_576...Int32.max), default: "104857600",
            "Size of the segments of `__consumer_offsets`."
        ),
        ConfigKey(
            "offsets.retention.minutes", .int32(1...Int32.max), default: "10080",
            "How long offsets outlive the last member of their group, or the last commit of one without members."
        ),
        ConfigKey(
            "offsets.retention.check.interval.ms", .int64(1...Int64.max), default: "600000",
            "How often offsets are looked at for their age."
        ),
        ConfigKey(
            "offset.metadata.max.bytes", .int32(0...Int32.max), default: "4096",
            "Longest text that a commit may carry."
        ),
    ]

    private static let classicGroups = [
        ConfigKey(
            "group.initial.rebalance.delay.ms", .int32(0...Int32.max), default: "3000",
            "How long a new classic group waits for more members before it divides the partitions."
        ),
        ConfigKey(
            "group.min.session.timeout.ms", .int32(0...Int32.max), default: "6000",
            "Shortest session that a member of a classic group may ask for."
        ),
        ConfigKey(
            "group.max.session.timeout.ms", .int32(0...Int32.max), default: "1800000",
            "Longest session that a member of a classic group may ask for."
        ),
        ConfigKey(
            "group.max.size", .int32(1...Int32.max), default: "2147483647", "Members of a classic group."),
    ]

    private static let consumerGroups = [
        ConfigKey(
            "group.consumer.session.timeout.ms", .int32(1...Int32.max), default: "45000",
            "A member of a consumer group that is silent for so long is taken for dead."
        ),
        ConfigKey(
            "group.consumer.heartbeat.interval.ms", .int32(1...Int32.max), default: "5000",
            "How often members of consumer groups are told to show that they live."
        ),
        ConfigKey(
            "group.consumer.max.size", .int32(1...Int32.max), default: "2147483647",
            "Members of a consumer group."
        ),
        ConfigKey(
            "group.consumer.assignors", .list(["uniform", "range"]), default: "uniform,range",
            "Ways of dividing the partitions of a consumer group; the first where members do not care."
        ),
        ConfigKey(
            "group.consumer.migration.policy",
            .choice(["disabled", "downgrade", "upgrade", "bidirectional"]),
            default: "bidirectional",
            "Which way groups may change between the classic and the consumer protocol while members are there."
        ),
        ConfigKey(
            "group.consumer.regex.refresh.interval.ms", .int32(10_000...Int32.max), default: "600000",
            "How often the topics that match a consumer group's regular expressions are looked up anew at the latest."
        ),
    ]

    private static let shareGroups = [
        ConfigKey(
            "group.share.session.timeout.ms", .int32(1...Int32.max), default: "45000",
            "A member of a share group that is silent for so long is taken for dead."
        ),
        ConfigKey(
            "group.share.heartbeat.interval.ms", .int32(1...Int32.max), default: "5000",
            "How often members of share groups are told to show that they live."
        ),
        ConfigKey(
            "group.share.max.size", .int32(1...1000), default: "200", "Members of a share group."),
        ConfigKey(
            "group.share.max.share.sessions", .int32(1...1_000_000), default: "2000",
            "Share sessions at the same time."
        ),
        ConfigKey(
            "group.share.record.lock.duration.ms", .int32(1_000...3_600_000), default: "30000",
            "How long a record stays with the consumer that acquired it; then others may have it."
        ),
        ConfigKey(
            "group.share.delivery.count.limit", .int32(2...25), default: "5",
            "How often a record is delivered before it is given up."
        ),
        ConfigKey(
            "group.share.partition.max.record.locks", .int32(100...10_000), default: "2000",
            "Records of one partition that may be in flight for a share group."
        ),
        ConfigKey(
            "share.coordinator.state.topic.num.partitions", .int32(1...1000), default: "50",
            "Partitions of `__share_group_state`; counts when the topic is made, with the first share group."
        ),
        ConfigKey(
            "share.coordinator.state.topic.segment.bytes", .int32(1_048_576...Int32.max),
            default: "104857600", "Size of the segments of `__share_group_state`."
        ),
        ConfigKey(
            "share.coordinator.snapshot.update.records.per.snapshot", .int32(0...500), default: "500",
            "Updates of a share partition's state until it is written whole again."
        ),
    ]
}
