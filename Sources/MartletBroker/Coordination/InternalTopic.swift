internal import MartletCore

/// A topic in which the broker keeps its own state; made when it is first needed.
enum InternalTopic: Sendable, CaseIterable {
    case consumerOffsets
    case shareGroupState
    case transactionState

    var name: TopicName {
        switch self {
        case .consumerOffsets: "__consumer_offsets"
        case .shareGroupState: "__share_group_state"
        case .transactionState: "__transaction_state"
        }
    }

    func plan(_ settings: BrokerSettings) -> Controller.TopicPlan {
        var plan = Controller.TopicPlan(name: name)
        var overrides: [(String, String?)] = [
            ("compression.type", "producer"), ("martlet.durability", "sync"),
            ("max.message.bytes", Self.maximumBatchByteCount),
        ]
        switch self {
        case .consumerOffsets:
            plan.partitionCount = settings.int("offsets.topic.num.partitions")
            overrides += [
                ("cleanup.policy", "compact"),
                ("segment.bytes", settings.string("offsets.topic.segment.bytes")),
            ]
        case .shareGroupState:
            plan.partitionCount = settings.int("share.coordinator.state.topic.num.partitions")
            // Its coordinators give up the front of the log themselves.
            overrides += [
                ("cleanup.policy", "delete"), ("retention.ms", "-1"),
                ("segment.bytes", settings.string("share.coordinator.state.topic.segment.bytes")),
            ]
        case .transactionState:
            plan.partitionCount = settings.int("transaction.state.log.num.partitions")
            overrides += [
                ("cleanup.policy", "compact"),
                ("segment.bytes", settings.string("transaction.state.log.segment.bytes")),
            ]
        }
        for (key, value) in overrides {
            if let value { try? plan.settings.set(key, value) }
        }
        return plan
    }

    /// All that one event changes is one batch: the largest is a generation of thousands of members.
    private static let maximumBatchByteCount = "16777216"
}
