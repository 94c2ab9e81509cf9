internal import MartletCore

extension InternalTopic {
    /// The topics that belong to the broker alone. Clients may read them, but not write to them.
    static let reservedNames = Set(allCases.map(\.name))

    /// The client that Kafka lets append to them, for tools that repair them.
    static let adminClientID = "__admin_client"
}

extension Controller.TopicPlan {
    /// Gives a topic of the broker what it needs, where the plan does not say otherwise: also when a client
    /// is the first to ask for it.
    mutating func complete(_ broker: BrokerSettings) {
        guard let topic = InternalTopic.allCases.first(where: { $0.name == name }) else { return }
        let wanted = topic.plan(broker)
        partitionCount = partitionCount ?? wanted.partitionCount
        for (key, value) in wanted.settings.overrides where settings.overrides[key] == nil {
            settings.apply(key, value)
        }
    }
}
