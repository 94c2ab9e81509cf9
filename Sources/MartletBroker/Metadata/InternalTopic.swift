internal import MartletCore

/// The topics in which the broker keeps its own state. Clients may read them, but not write to them.
enum InternalTopic: String, CaseIterable {
    case consumerOffsets = "__consumer_offsets"
    case transactionState = "__transaction_state"
    case shareGroupState = "__share_group_state"

    /// The client that Kafka lets append to them, for tools that repair them.
    static let adminClientID = "__admin_client"

    var name: TopicName { TopicName(rawValue) }

    /// The number of partitions that the broker's settings ask for.
    func partitionCount(_ broker: BrokerSettings) -> Int {
        switch self {
        case .consumerOffsets: broker.int("offsets.topic.num.partitions") ?? Self.usualCount
        case .transactionState: Self.usualCount
        case .shareGroupState: broker.int("share.coordinator.state.topic.num.partitions") ?? Self.usualCount
        }
    }

    private static let usualCount = 50

    /// Settings without which the topic would lose or never give up what is in it.
    func settings(_ broker: BrokerSettings) -> [String: String] {
        switch self {
        case .consumerOffsets:
            [
                "cleanup.policy": "compact", "compression.type": "producer",
                "segment.bytes": broker.string("offsets.topic.segment.bytes") ?? Self.usualSegmentBytes,
            ]
        case .transactionState:
            [
                "cleanup.policy": "compact", "compression.type": "uncompressed",
                "segment.bytes": Self.usualSegmentBytes,
            ]
        case .shareGroupState:
            [
                "cleanup.policy": "delete", "retention.ms": "-1", "compression.type": "uncompressed",
                "segment.bytes": broker.string("share.coordinator.state.topic.segment.bytes")
                    ?? Self.usualSegmentBytes,
            ]
        }
    }

    private static let usualSegmentBytes = "104857600"
}

extension Controller.TopicPlan {
    /// The plan of an internal topic, as the broker creates it when it is first needed.
    init(_ topic: InternalTopic, _ broker: BrokerSettings) {
        self.init(name: topic.name)
        complete(broker)
    }

    /// Gives a topic of the broker what it needs, where the plan does not say otherwise.
    mutating func complete(_ broker: BrokerSettings) {
        guard let topic = InternalTopic(rawValue: name.rawValue) else { return }
        partitionCount = partitionCount ?? topic.partitionCount(broker)
        for (key, value) in topic.settings(broker) where settings.overrides[key] == nil {
            settings.apply(key, value)
        }
    }
}
