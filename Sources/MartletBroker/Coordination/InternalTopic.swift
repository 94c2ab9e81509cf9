internal import MartletCore

/// A topic in which the broker keeps its own state; made when it is first needed.
enum InternalTopic: Sendable, CaseIterable {
    case consumerOffsets

    var name: TopicName {
        switch self {
        case .consumerOffsets: "__consumer_offsets"
        }
    }

    func plan(_ settings: BrokerSettings) -> Controller.TopicPlan {
        switch self {
        case .consumerOffsets:
            var plan = Controller.TopicPlan(name: name)
            plan.partitionCount = settings.int("offsets.topic.num.partitions")
            for (key, value) in [
                ("cleanup.policy", "compact"), ("compression.type", "producer"),
                ("segment.bytes", settings.string("offsets.topic.segment.bytes")),
                ("martlet.durability", "sync"), ("max.message.bytes", Self.maximumBatchByteCount),
            ] {
                if let value { try? plan.settings.set(key, value) }
            }
            return plan
        }
    }

    /// All that one event changes is one batch: the largest is a generation of thousands of members.
    private static let maximumBatchByteCount = "16777216"
}
