/// Bounds of what can be set for a single group, and so of the defaults for all of them.
extension BrokerConfigKeys {
    static let groupLimits = [
        ConfigKey(
            "group.consumer.min.session.timeout.ms", .int32(1...Int32.max), default: "45000",
            "Smallest consumer.session.timeout.ms of a group."
        ),
        ConfigKey(
            "group.consumer.max.session.timeout.ms", .int32(1...Int32.max), default: "60000",
            "Largest consumer.session.timeout.ms of a group."
        ),
        ConfigKey(
            "group.consumer.min.heartbeat.interval.ms", .int32(1...Int32.max), default: "5000",
            "Smallest consumer.heartbeat.interval.ms of a group."
        ),
        ConfigKey(
            "group.consumer.max.heartbeat.interval.ms", .int32(1...Int32.max), default: "15000",
            "Largest consumer.heartbeat.interval.ms of a group."
        ),
        ConfigKey(
            "group.share.min.session.timeout.ms", .int32(1...Int32.max), default: "45000",
            "Smallest share.session.timeout.ms of a group."
        ),
        ConfigKey(
            "group.share.max.session.timeout.ms", .int32(1...Int32.max), default: "60000",
            "Largest share.session.timeout.ms of a group."
        ),
        ConfigKey(
            "group.share.min.heartbeat.interval.ms", .int32(1...Int32.max), default: "5000",
            "Smallest share.heartbeat.interval.ms of a group."
        ),
        ConfigKey(
            "group.share.max.heartbeat.interval.ms", .int32(1...Int32.max), default: "15000",
            "Largest share.heartbeat.interval.ms of a group."
        ),
        ConfigKey(
            "group.share.min.record.lock.duration.ms", .int32(1_000...3_600_000), default: "15000",
            "Smallest share.record.lock.duration.ms of a group."
        ),
        ConfigKey(
            "group.share.max.record.lock.duration.ms", .int32(1_000...3_600_000), default: "60000",
            "Largest share.record.lock.duration.ms of a group."
        ),
        ConfigKey(
            "group.share.min.delivery.count.limit", .int32(2...25), default: "2",
            "Smallest share.delivery.count.limit of a group."
        ),
        ConfigKey(
            "group.share.max.delivery.count.limit", .int32(2...25), default: "10",
            "Largest share.delivery.count.limit of a group."
        ),
        ConfigKey(
            "group.share.min.partition.max.record.locks", .int32(100...10_000), default: "100",
            "Smallest share.partition.max.record.locks of a group."
        ),
        ConfigKey(
            "group.share.max.partition.max.record.locks", .int32(100...10_000), default: "4000",
            "Largest share.partition.max.record.locks of a group."
        ),
    ]
}
