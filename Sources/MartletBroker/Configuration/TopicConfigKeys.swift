/// Settings of a topic, under Kafka's names; ours begin `martlet.`.
public enum TopicConfigKeys {
    public static let all: [ConfigKey] = logs + records + cleanup + kept

    private static let logs = [
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
            "unclean.leader.election.enable", .boolean, default: "false", .topic(broker: nil),
            "Whether a copy that lacks data may lead; one broker has no other copy.", isInEffect: false
        )
    ]

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
