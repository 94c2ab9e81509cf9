/// How groups are coordinated, and where their offsets and states are kept.
extension BrokerConfigKeys {
    static let groups = [
        ConfigKey(
            "group.initial.rebalance.delay.ms", .int32(0...Int32.max), default: "3000",
            "How long a new classic group waits for more members before it first shares out partitions."
        ),
        ConfigKey(
            "group.max.size", .int32(1...Int32.max), default: "2147483647", "Members of a classic group."),
        ConfigKey(
            "group.min.session.timeout.ms", .int32(1...Int32.max), default: "6000",
            "Shortest session timeout that a member of a classic group may ask for."
        ),
        ConfigKey(
            "group.max.session.timeout.ms", .int32(1...Int32.max), default: "1800000",
            "Longest session timeout that a member of a classic group may ask for."
        ),
        ConfigKey(
            "offsets.topic.num.partitions", .int32(1...10_000), default: "50",
            "Partitions of __consumer_offsets, fixed when the topic is created."
        ),
        ConfigKey(
            "offsets.topic.segment.bytes", .int32(1024...Int32.max), default: "104857600",
            "segment.bytes of __consumer_offsets, when it is created."
        ),
        ConfigKey(
            "offsets.retention.minutes", .int32(1...Int32.max), default: "10080",
            "How long the offsets of a group without members are kept."
        ),
        ConfigKey(
            "offsets.retention.check.interval.ms", .int64(1...Int64.max), default: "600000",
            "How often the broker looks for offsets that have expired."
        ),
        ConfigKey(
            "offset.metadata.max.bytes", .int32(0...Int32.max), default: "4096",
            "Largest text that a client may keep with a committed offset."
        ),
    ]

    static let consumerGroups = [
        ConfigKey(
            "group.consumer.session.timeout.ms", .int32(1...Int32.max), default: "45000",
            "Default of the groups' consumer.session.timeout.ms."
        ),
        ConfigKey(
            "group.consumer.min.session.timeout.ms", .int32(1...Int32.max), default: "45000",
            "Smallest consumer.session.timeout.ms."
        ),
        ConfigKey(
            "group.consumer.max.session.timeout.ms", .int32(1...Int32.max), default: "60000",
            "Largest consumer.session.timeout.ms."
        ),
        ConfigKey(
            "group.consumer.heartbeat.interval.ms", .int32(1...Int32.max), default: "5000",
            "Default of the groups' consumer.heartbeat.interval.ms."
        ),
        ConfigKey(
            "group.consumer.min.heartbeat.interval.ms", .int32(1...Int32.max), default: "5000",
            "Smallest consumer.heartbeat.interval.ms."
        ),
        ConfigKey(
            "group.consumer.max.heartbeat.interval.ms", .int32(1...Int32.max), default: "15000",
            "Largest consumer.heartbeat.interval.ms."
        ),
        ConfigKey(
            "group.consumer.max.size", .int32(1...Int32.max), default: "2147483647",
            "Members of a consumer group."
        ),
        ConfigKey(
            "group.consumer.assignors", .list(["uniform", "range"]), default: "uniform,range",
            "Assignors that a consumer group may ask for; the first is used where none is asked for."
        ),
        ConfigKey(
            "group.consumer.migration.policy",
            .choice(["bidirectional", "upgrade", "downgrade", "disabled"]),
            default: "bidirectional",
            "Which way groups may change between the classic and the consumer protocol while members are there."
        ),
        ConfigKey(
            "group.consumer.regex.refresh.interval.ms", .int32(10_000...Int32.max), default: "600000",
            "How often the patterns that members subscribe to are matched against the topics, beside when topics change."
        ),
    ]

    static let shareGroups = [
        ConfigKey(
            "group.share.session.timeout.ms", .int32(1...Int32.max), default: "45000",
            "Default of the groups' share.session.timeout.ms."
        ),
        ConfigKey(
            "group.share.min.session.timeout.ms", .int32(1...Int32.max), default: "45000",
            "Smallest share.session.timeout.ms."
        ),
        ConfigKey(
            "group.share.max.session.timeout.ms", .int32(1...Int32.max), default: "60000",
            "Largest share.session.timeout.ms."
        ),
        ConfigKey(
            "group.share.heartbeat.interval.ms", .int32(1...Int32.max), default: "5000",
            "Default of the groups' share.heartbeat.interval.ms."
        ),
        ConfigKey(
            "group.share.min.heartbeat.interval.ms", .int32(1...Int32.max), default: "5000",
            "Smallest share.heartbeat.interval.ms."
        ),
        ConfigKey(
            "group.share.max.heartbeat.interval.ms", .int32(1...Int32.max), default: "15000",
            "Largest share.heartbeat.interval.ms."
        ),
        ConfigKey("group.share.max.size", .int32(1...1_000), default: "200", "Members of a share group."),
        ConfigKey(
            "group.share.max.share.sessions", .int32(1...1_000_000), default: "2000",
            "Share sessions at the same time."
        ),
        ConfigKey(
            "group.share.record.lock.duration.ms", .int32(1_000...3_600_000), default: "30000",
            "Default of the groups' share.record.lock.duration.ms."
        ),
        ConfigKey(
            "group.share.min.record.lock.duration.ms", .int32(1_000...30_000), default: "15000",
            "Smallest share.record.lock.duration.ms."
        ),
        ConfigKey(
            "group.share.max.record.lock.duration.ms", .int32(30_000...3_600_000), default: "60000",
            "Largest share.record.lock.duration.ms."
        ),
        ConfigKey(
            "group.share.delivery.count.limit", .int32(2...25), default: "5",
            "Default of the groups' share.delivery.count.limit."
        ),
        ConfigKey(
            "group.share.min.delivery.count.limit", .int32(2...5), default: "2",
            "Smallest share.delivery.count.limit."
        ),
        ConfigKey(
            "group.share.max.delivery.count.limit", .int32(5...25), default: "10",
            "Largest share.delivery.count.limit."
        ),
        ConfigKey(
            "group.share.partition.max.record.locks", .int32(100...10_000), default: "2000",
            "Default of the groups' share.partition.max.record.locks."
        ),
        ConfigKey(
            "group.share.min.partition.max.record.locks", .int32(100...2_000), default: "100",
            "Smallest share.partition.max.record.locks."
        ),
        ConfigKey(
            "group.share.max.partition.max.record.locks", .int32(2_000...10_000), default: "4000",
            "Largest share.partition.max.record.locks."
        ),
        ConfigKey(
            "share.coordinator.state.topic.num.partitions", .int32(1...10_000), default: "50",
            "Partitions of __share_group_state, fixed when the topic is created."
        ),
        ConfigKey(
            "share.coordinator.state.topic.segment.bytes", .int32(1024...Int32.max), default: "104857600",
            "segment.bytes of __share_group_state, when it is created."
        ),
    ]
}
