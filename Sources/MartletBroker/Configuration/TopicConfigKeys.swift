/// Settings of a topic, under Kafka's names; ours begin `martlet.`.
public enum TopicConfigKeys {
    public static let all: [ConfigKey] = inEffect + kept

    private static let inEffect = [
        ConfigKey(
            "max.message.bytes", .int32(0...Int32.max), default: "1048588",
            .topic(broker: "message.max.bytes"),
            "Largest record batch, as it comes over the wire."
        ),
        ConfigKey(
            "message.timestamp.type", .choice(["CreateTime", "LogAppendTime"]), default: "CreateTime",
            .topic(broker: "log.message.timestamp.type"),
            "Whether records keep the producer's timestamp or get that of the append."
        ),
        ConfigKey(
            "message.timestamp.before.max.ms", .int64(0...Int64.max), default: "9223372036854775807",
            .topic(broker: "log.message.timestamp.before.max.ms"),
            "How far a record's timestamp may lie in the past."
        ),
        ConfigKey(
            "message.timestamp.after.max.ms", .int64(0...Int64.max), default: "3600000",
            .topic(broker: "log.message.timestamp.after.max.ms"),
            "How far a record's timestamp may lie in the future."
        ),
        ConfigKey(
            "segment.bytes", .int32(14...Int32.max), default: "1073741824",
            .topic(broker: "log.segment.bytes"),
            "Size at which a segment is closed and the next begins."
        ),
        ConfigKey(
            "segment.ms", .int64(1...Int64.max), default: "604800000", .topic(broker: "log.roll.ms"),
            "Age at which a segment is closed although it is not full."
        ),
        ConfigKey(
            "index.interval.bytes", .int32(0...Int32.max), default: "4096",
            .topic(broker: "log.index.interval.bytes"),
            "Distance of the entries of the offset index."
        ),
        ConfigKey(
            "segment.index.bytes", .int32(4...Int32.max), default: "10485760",
            .topic(broker: "log.index.size.max.bytes"),
            "Size of an offset index at which its segment is closed."
        ),
        ConfigKey(
            "preallocate", .boolean, default: "true", .topic(broker: "log.preallocate"),
            "Whether disk space is taken ahead of the appends, which makes each sync cheaper."
        ),
        ConfigKey(
            "martlet.durability", .choice(["sync", "os"]), default: "sync",
            .topic(broker: "martlet.durability"),
            "When a record counts as written: sync, after it is on the disk; os, when the operating system has it, "
                + "which a power cut can undo."
        ),
    ]

    /// Checked and stored for the tools that set them, without effect yet.
    private static let kept = [
        ConfigKey(
            "cleanup.policy", .list(["delete", "compact"]), default: "delete", .topic(broker: nil),
            "How old data goes: by age and size, or all but the last value of each key.", isInEffect: false
        ),
        ConfigKey(
            "compression.type", .choice(["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"]),
            default: "producer", .topic(broker: nil),
            "Codec in which batches are stored; producer keeps what was sent.", isInEffect: false
        ),
        ConfigKey(
            "retention.ms", .int64(-1...Int64.max), default: "604800000", .topic(broker: nil),
            "Age at which data may be deleted; -1 for never.", isInEffect: false
        ),
        ConfigKey(
            "retention.bytes", .int64(-1...Int64.max), default: "-1", .topic(broker: nil),
            "Size of a partition beyond which its oldest data may be deleted; -1 for no limit.",
            isInEffect: false
        ),
        ConfigKey(
            "delete.retention.ms", .int64(0...Int64.max), default: "86400000", .topic(broker: nil),
            "How long a compacted topic keeps the mark of a deleted key.", isInEffect: false
        ),
        ConfigKey(
            "file.delete.delay.ms", .int64(0...Int64.max), default: "60000", .topic(broker: nil),
            "How long a deleted segment stays on the disk.", isInEffect: false
        ),
        ConfigKey(
            "flush.messages", .int64(1...Int64.max), default: "9223372036854775807", .topic(broker: nil),
            "Records after which the log is synced; martlet.durability says when a record is acknowledged.",
            isInEffect: false
        ),
        ConfigKey(
            "flush.ms", .int64(0...Int64.max), default: "9223372036854775807", .topic(broker: nil),
            "Time after which the log is synced.", isInEffect: false
        ),
        ConfigKey(
            "min.cleanable.dirty.ratio", .string, default: "0.5", .topic(broker: nil),
            "Share of new data at which a log is compacted.", isInEffect: false
        ),
        ConfigKey(
            "min.compaction.lag.ms", .int64(0...Int64.max), default: "0", .topic(broker: nil),
            "How long a record is safe from compaction.", isInEffect: false
        ),
        ConfigKey(
            "max.compaction.lag.ms", .int64(1...Int64.max), default: "9223372036854775807",
            .topic(broker: nil),
            "How long a record may escape compaction.", isInEffect: false
        ),
        ConfigKey(
            "min.insync.replicas", .int32(1...Int32.max), default: "1", .topic(broker: nil),
            "Copies that must have a record before acks=all is answered; one broker is one copy.",
            isInEffect: false
        ),
        ConfigKey(
            "segment.jitter.ms", .int64(0...Int64.max), default: "0", .topic(broker: nil),
            "Random time taken off segment.ms, so that topics do not roll together.", isInEffect: false
        ),
        ConfigKey(
            "unclean.leader.election.enable", .boolean, default: "false", .topic(broker: nil),
            "Whether a copy that lacks data may lead; one broker has no other copy.", isInEffect: false
        ),
    ]

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
