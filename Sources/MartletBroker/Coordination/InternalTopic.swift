internal import MartletCore

/// A topic in which the broker keeps its own state; made when it is first needed.
enum InternalTopic: Sendable, CaseIterable {
    case consumerOffsets
    /// How far share groups have come.
    case shareGroupState

    var name: TopicName {
        switch self {
        case .consumerOffsets: "__consumer_offsets"
        case .shareGroupState: "__share_group_state"
        }
    }

    func plan(_ settings: BrokerSettings) -> Controller.TopicPlan {
        switch self {
        case .consumerOffsets:
            plan(
                settings.int("offsets.topic.num.partitions"),
                [
                    "cleanup.policy": "compact",
                    "segment.bytes": settings.string("offsets.topic.segment.bytes"),
                ])
        case .shareGroupState:
            // Not compacted: a state is a record and those that follow it. What is no longer needed is deleted
            // from the front.
            plan(
                settings.int("share.coordinator.state.topic.num.partitions"),
                [
                    "cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1",
                    "segment.bytes": settings.string("share.coordinator.state.topic.segment.bytes"),
                ])
        }
    }

    private func plan(_ partitionCount: Int?, _ settings: [String: String?]) -> Controller.TopicPlan {
        var plan = Controller.TopicPlan(name: name)
        plan.partitionCount = partitionCount
        let common = [
            "compression.type": "producer", "martlet.durability": "sync",
            "max.message.bytes": Self.maximumBatchByteCount,
        ]
        for (key, value) in settings.merging(common, uniquingKeysWith: { $1 }) {
            if let value { try? plan.settings.set(key, value) }
        }
        return plan
    }

    /// All that one event changes is one batch: the largest is a generation of thousands of members.
    private static let maximumBatchByteCount = "16777216"
}
