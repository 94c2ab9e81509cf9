/// What becomes of a topic's records when they are appended, and when they are old.
extension TopicConfigKeys {
    static let records = [
        ConfigKey(
            "compression.type", .choice(["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"]),
            default: "producer", .topic(broker: "compression.type"),
            "Codec in which batches are appended; producer keeps what was sent."
        ),
        ConfigKey(
            "compression.gzip.level", .int32Or(-1, 1...9), default: "-1", .topic(broker: nil),
            "Level, where compression.type is gzip; -1 for the codec's default."
        ),
        ConfigKey(
            "compression.lz4.level", .int32(1...17), default: "9", .topic(broker: nil),
            "Level, where compression.type is lz4; 9 is the fast method, as in Kafka."
        ),
        ConfigKey(
            "compression.zstd.level", .int32(-131_072...22), default: "3", .topic(broker: nil),
            "Level, where compression.type is zstd."
        ),
        ConfigKey(
            "min.insync.replicas", .int32(1...Int32.max), default: "1",
            .topic(broker: "min.insync.replicas"),
            "Copies that must have a record before acks=all is answered, but never more than there are: one broker is one copy."
        ),
        ConfigKey(
            "flush.messages", .int64(1...Int64.max), default: "9223372036854775807",
            .topic(broker: "log.flush.interval.messages"),
            "Records after which a log of os durability is synced."
        ),
        ConfigKey(
            "flush.ms", .int64(0...Int64.max), default: "9223372036854775807",
            .topic(broker: "log.flush.interval.ms"),
            "Time after which a log of os durability is synced; after ten seconds it is on the disk in any case."
        ),
    ]

    static let cleanup = [
        ConfigKey(
            "cleanup.policy", .list(["delete", "compact"]), default: "delete",
            .topic(broker: "log.cleanup.policy"),
            "How old data goes: by age and size, or all but the last value of each key."
        ),
        ConfigKey(
            "retention.ms", .int64(-1...Int64.max), default: "604800000", .topic(broker: "log.retention.ms"),
            "Age at which data is deleted, if cleanup.policy has delete; -1 for never."
        ),
        ConfigKey(
            "retention.bytes", .int64(-1...Int64.max), default: "-1", .topic(broker: "log.retention.bytes"),
            "Size of a partition beyond which its oldest data is deleted, if cleanup.policy has delete; -1 for no limit."
        ),
        ConfigKey(
            "segment.jitter.ms", .int64(0...Int64.max), default: "0", .topic(broker: "log.roll.jitter.ms"),
            "Random time taken off segment.ms, so that topics do not roll together."
        ),
        ConfigKey(
            "file.delete.delay.ms", .int64(0...Int64.max), default: "60000",
            .topic(broker: "log.segment.delete.delay.ms"),
            "How long the files of a deleted segment stay on the disk."
        ),
        ConfigKey(
            "min.cleanable.dirty.ratio", .double(0...1), default: "0.5",
            .topic(broker: "log.cleaner.min.cleanable.ratio"),
            "Share of data not yet compacted at which a log is compacted."
        ),
        ConfigKey(
            "min.compaction.lag.ms", .int64(0...Int64.max), default: "0",
            .topic(broker: "log.cleaner.min.compaction.lag.ms"),
            "How long a record is safe from compaction; at most max.compaction.lag.ms."
        ),
        ConfigKey(
            "max.compaction.lag.ms", .int64(1...Int64.max), default: "9223372036854775807",
            .topic(broker: "log.cleaner.max.compaction.lag.ms"),
            "How long a record may escape compaction."
        ),
        ConfigKey(
            "delete.retention.ms", .int64(0...Int64.max), default: "86400000",
            .topic(broker: "log.cleaner.delete.retention.ms"),
            "How long a compacted topic keeps the mark of a deleted key."
        ),
        ConfigKey(
            "martlet.segment.compression", .choice(["none", "gzip", "snappy", "lz4", "zstd"]),
            default: "gzip", .topic(broker: "martlet.segment.compression"),
            "Codec in which closed segments are rewritten into large batches in the background; every consumer must read it."
        ),
        ConfigKey(
            "martlet.segment.compression.min.lag.ms", .int64(0...Int64.max), default: "60000",
            .topic(broker: "martlet.segment.compression.min.lag.ms"),
            "How long a closed segment is left as it is, since its readers follow closely."
        ),
    ]
}
