/// How logs are written, and what becomes of old data.
extension BrokerConfigKeys {
    static let logs = [
        ConfigKey("log.dirs", .string, default: "./martlet-data", "The data directory."),
        ConfigKey(
            "log.segment.bytes", .int32(14...Int32.max), default: "1073741824",
            "Default of the topics' segment.bytes."
        ),
        ConfigKey(
            "log.roll.ms", .int64(1...Int64.max), default: "604800000", "Default of the topics' segment.ms."),
        ConfigKey(
            "log.roll.hours", .int32(1...Int32.max), default: nil, "As log.roll.ms, where that is not set."),
        ConfigKey(
            "log.roll.jitter.ms", .int64(0...Int64.max), default: "0",
            "Default of the topics' segment.jitter.ms."
        ),
        ConfigKey(
            "log.roll.jitter.hours", .int32(0...Int32.max), default: nil,
            "As log.roll.jitter.ms, where that is not set."
        ),
        ConfigKey(
            "log.index.interval.bytes", .int32(0...Int32.max), default: "4096",
            "Default of the topics' index.interval.bytes."
        ),
        ConfigKey(
            "log.index.size.max.bytes", .int32(4...Int32.max), default: "10485760",
            "Default of the topics' segment.index.bytes."
        ),
        ConfigKey("log.preallocate", .boolean, default: "true", "Default of the topics' preallocate."),
        ConfigKey(
            "message.max.bytes", .int32(0...Int32.max), default: "1048588",
            "Default of the topics' max.message.bytes."
        ),
        ConfigKey(
            "log.message.timestamp.type", .choice(["CreateTime", "LogAppendTime"]), default: "CreateTime",
            "Default of the topics' message.timestamp.type."
        ),
        ConfigKey(
            "log.message.timestamp.before.max.ms", .int64(0...Int64.max), default: "9223372036854775807",
            "Default of the topics' message.timestamp.before.max.ms."
        ),
        ConfigKey(
            "log.message.timestamp.after.max.ms", .int64(0...Int64.max), default: "3600000",
            "Default of the topics' message.timestamp.after.max.ms."
        ),
        ConfigKey(
            "producer.id.expiration.ms", .int32(1...Int32.max), default: "86400000",
            "How long the last sequence numbers of a silent producer are remembered."
        ),
        ConfigKey(
            "log.flush.interval.messages", .int64(1...Int64.max), default: "9223372036854775807",
            "Default of the topics' flush.messages."
        ),
        ConfigKey(
            "log.flush.interval.ms", .int64(0...Int64.max), default: "9223372036854775807",
            "Default of the topics' flush.ms."
        ),
        ConfigKey(
            "min.insync.replicas", .int32(1...Int32.max), default: "1",
            "Default of the topics' min.insync.replicas."
        ),
        ConfigKey(
            "compression.type", .choice(["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"]),
            default: "producer", "Default of the topics' compression.type."
        ),
    ]

    static let cleanup = [
        ConfigKey(
            "log.cleanup.policy", .list(["delete", "compact"]), default: "delete",
            "Default of the topics' cleanup.policy."
        ),
        ConfigKey(
            "log.retention.ms", .int64(-1...Int64.max), default: nil,
            "Default of the topics' retention.ms; if not set, log.retention.minutes says it, then log.retention.hours."
        ),
        ConfigKey(
            "log.retention.minutes", .int32(-1...Int32.max), default: nil,
            "As log.retention.ms, where that is not set."
        ),
        ConfigKey(
            "log.retention.hours", .int32(-1...Int32.max), default: "168",
            "As log.retention.ms, where neither that nor log.retention.minutes is set."
        ),
        ConfigKey(
            "log.retention.bytes", .int64(-1...Int64.max), default: "-1",
            "Default of the topics' retention.bytes."
        ),
        ConfigKey(
            "log.retention.check.interval.ms", .int64(1...Int64.max), default: "300000",
            "How often the broker looks for segments that may be deleted."
        ),
        ConfigKey(
            "log.segment.delete.delay.ms", .int64(0...Int64.max), default: "60000",
            "Default of the topics' file.delete.delay.ms."
        ),
        ConfigKey(
            "log.cleaner.enable", .boolean, default: "true",
            "Whether logs are compacted and sealed segments compressed."
        ),
        ConfigKey(
            "log.cleaner.threads", .int32(1...64), default: "1",
            "Logs that are compacted, or whose segments are compressed, at the same time."
        ),
        ConfigKey(
            "log.cleaner.dedupe.buffer.size", .int64(1_048_576...Int64.max), default: "33554432",
            "Memory in which compaction keeps the last offset of each key, for all its threads together; more keys take more passes."
        ),
        ConfigKey(
            "log.cleaner.io.max.bytes.per.second", .int64(1...Int64.max), default: "9223372036854775807",
            "Bytes that compaction and the compression of segments read and write in a second, all threads together."
        ),
        ConfigKey(
            "martlet.cleaner.busy.max.bytes.per.second", .int64(1...Int64.max), default: "8388608",
            "As log.cleaner.io.max.bytes.per.second, while producers send more than 1 MiB a second."
        ),
        ConfigKey(
            "log.cleaner.backoff.ms", .int64(0...Int64.max), default: "15000",
            "How long the cleaner rests when there is nothing to do."
        ),
        ConfigKey(
            "log.cleaner.delete.retention.ms", .int64(0...Int64.max), default: "86400000",
            "Default of the topics' delete.retention.ms."
        ),
        ConfigKey(
            "log.cleaner.min.cleanable.ratio", .double(0...1), default: "0.5",
            "Default of the topics' min.cleanable.dirty.ratio."
        ),
        ConfigKey(
            "log.cleaner.min.compaction.lag.ms", .int64(0...Int64.max), default: "0",
            "Default of the topics' min.compaction.lag.ms."
        ),
        ConfigKey(
            "log.cleaner.max.compaction.lag.ms", .int64(1...Int64.max), default: "9223372036854775807",
            "Default of the topics' max.compaction.lag.ms."
        ),
        ConfigKey(
            "martlet.segment.compression", .choice(["none", "gzip", "snappy", "lz4", "zstd"]),
            default: "gzip", "Default of the topics' martlet.segment.compression."
        ),
        ConfigKey(
            "martlet.segment.compression.min.lag.ms", .int64(0...Int64.max), default: "60000",
            "Default of the topics' martlet.segment.compression.min.lag.ms."
        ),
    ]
}
