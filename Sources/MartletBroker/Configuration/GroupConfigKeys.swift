/// Settings of a single group, under Kafka's names; ours begin `martlet.`.
public enum GroupConfigKeys {
    public static let all: [ConfigKey] = [
        ConfigKey(
            "consumer.session.timeout.ms", .int32(1...Int32.max), default: "45000",
            .group(broker: "group.consumer.session.timeout.ms"),
            "A member of a consumer group that sends no heartbeat for so long is taken for dead."
        ),
        ConfigKey(
            "consumer.heartbeat.interval.ms", .int32(1...Int32.max), default: "5000",
            .group(broker: "group.consumer.heartbeat.interval.ms"),
            "How often members of a consumer group are told to send a heartbeat."
        ),
        ConfigKey(
            "share.session.timeout.ms", .int32(1...Int32.max), default: "45000",
            .group(broker: "group.share.session.timeout.ms"),
            "A member of a share group that sends no heartbeat for so long is taken for dead."
        ),
        ConfigKey(
            "share.heartbeat.interval.ms", .int32(1...Int32.max), default: "5000",
            .group(broker: "group.share.heartbeat.interval.ms"),
            "How often members of a share group are told to send a heartbeat."
        ),
        ConfigKey(
            "share.record.lock.duration.ms", .int32(1_000...Int32.max), default: "30000",
            .group(broker: "group.share.record.lock.duration.ms"),
            "How long a record stays with the consumer that acquired it; then others may have it."
        ),
        ConfigKey(
            "share.delivery.count.limit", .int32(2...Int32.max), default: "5",
            .group(broker: "group.share.delivery.count.limit"),
            "How often a record is delivered before it is given up."
        ),
        ConfigKey(
            "share.partition.max.record.locks", .int32(100...Int32.max), default: "2000",
            .group(broker: "group.share.partition.max.record.locks"),
            "Records of one partition that may be in flight."
        ),
        ConfigKey(
            "share.auto.offset.reset", .string, default: "latest", .group(broker: nil),
            "Where a share group begins to read a partition: earliest, latest, or by_duration:DURATION, in the form of ISO 8601, before now."
        ),
        ConfigKey(
            "share.isolation.level", .choice(["read_uncommitted", "read_committed"]),
            default: "read_uncommitted", .group(broker: nil),
            "Whether records of transactions are delivered only when these are committed."
        ),
        ConfigKey(
            "share.renew.acknowledge.enable", .boolean, default: "true", .group(broker: nil),
            "Whether a consumer may renew its lock on a record."
        ),
        ConfigKey(
            "martlet.share.dead.letter.topic", .string, default: nil, .group(broker: nil),
            "Topic that takes the records which were rejected, or delivered too often; if not set, they are given up."
        ),
    ]

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
