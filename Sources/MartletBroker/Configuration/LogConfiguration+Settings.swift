internal import MartletLog
internal import MartletRecords

extension LogConfiguration {
    /// What the settings of a topic and the broker's defaults mean for a log.
    init(_ topic: TopicSettings, _ environment: BrokerEnvironment) {
        let broker = environment.settings
        self.init()
        segmentBytes = topic.int("segment.bytes", broker) ?? segmentBytes
        segmentMs = topic.int64("segment.ms", broker) ?? segmentMs
        indexIntervalBytes = topic.int("index.interval.bytes", broker) ?? indexIntervalBytes
        segmentIndexBytes = topic.int("segment.index.bytes", broker) ?? segmentIndexBytes
        maxMessageBytes = topic.int("max.message.bytes", broker) ?? maxMessageBytes
        timestampType =
            topic.string("message.timestamp.type", broker) == "LogAppendTime" ? .logAppendTime : .createTime
        timestampBeforeMaxMs = topic.int64("message.timestamp.before.max.ms", broker) ?? .max
        timestampAfterMaxMs = topic.int64("message.timestamp.after.max.ms", broker) ?? .max
        durability = topic.string("martlet.durability", broker).flatMap(Durability.init) ?? .sync
        flushMessages = topic.int64("flush.messages", broker) ?? .max
        flushMs = topic.int64("flush.ms", broker) ?? .max
        segmentJitterMs = topic.int64("segment.jitter.ms", broker) ?? 0
        fileDeleteDelayMs = topic.int64("file.delete.delay.ms", broker) ?? fileDeleteDelayMs
        let policies = topic.list("cleanup.policy", broker)
        retention = RetentionPolicy(topic, broker, isEnabled: policies.contains("delete"))
        compaction = policies.contains("compact") ? CompactionPolicy(topic, broker) : nil
        segmentCompression = SegmentCompressionPolicy(topic, broker)
        preallocation.isEnabled = topic.bool("preallocate", broker)
        producerIDExpirationMs =
            broker.int64("producer.id.expiration.ms") ?? producerIDExpirationMs
        let window = broker.int("martlet.page.cache.window.bytes") ?? 0
        writeBack.isEnabled = window > 0
        writeBack.tailWindowBytes = window
        writeBack.smallestTailWindowBytes = min(writeBack.smallestTailWindowBytes, window)
        writeBack.budget = environment.pageCacheBudget
    }
}

extension RetentionPolicy {
    fileprivate init(_ topic: TopicSettings, _ broker: BrokerSettings, isEnabled: Bool) {
        self.init()
        self.isEnabled = isEnabled
        milliseconds = topic.int64("retention.ms", broker).flatMap { $0 < 0 ? nil : $0 }
        byteCount = topic.int64("retention.bytes", broker).flatMap { $0 < 0 ? nil : $0 }
    }
}

extension CompactionPolicy {
    fileprivate init(_ topic: TopicSettings, _ broker: BrokerSettings) {
        self.init()
        minCleanableDirtyRatio =
            topic.string("min.cleanable.dirty.ratio", broker).flatMap { Double($0) } ?? minCleanableDirtyRatio
        minLagMs = topic.int64("min.compaction.lag.ms", broker) ?? minLagMs
        maxLagMs = topic.int64("max.compaction.lag.ms", broker) ?? maxLagMs
        deleteRetentionMs = topic.int64("delete.retention.ms", broker) ?? deleteRetentionMs
    }
}

extension SegmentCompressionPolicy {
    /// Nil for `none`.
    fileprivate init?(_ topic: TopicSettings, _ broker: BrokerSettings) {
        guard let codec = topic.string("martlet.segment.compression", broker).flatMap(Compression.init),
            codec != .none
        else { return nil }
        self.init(codec)
        level = Self.levels[codec]
        minLagMs = topic.int64("martlet.segment.compression.min.lag.ms", broker) ?? minLagMs
    }

    /// Where the codec's default is not the best for what is written once, in the background: see
    /// docs/decisions/0009-gzip-at-rest.md.
    private static let levels: [Compression: Int32] = [.gzip: 3, .lz4: 9]
}
