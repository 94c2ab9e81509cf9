internal import Logging
internal import MartletCore
internal import MartletLog
internal import MartletWire

/// What a request wants of the settings of one resource.
enum SettingChanges: Sendable {
    case single([SettingChange])
    /// These and no others.
    case all([String: String])
}

/// What becomes of one setting.
struct SettingChange: Sendable {
    enum Operation: Sendable {
        case set(String)
        /// Back to the default.
        case unset
        /// Adds what a list does not have yet.
        case append(String)
        /// Takes out of a list.
        case subtract(String)
    }

    let key: String
    let operation: Operation
}

extension Controller {
    /// Groups that may have settings of their own: they stay in memory.
    static let maximumConfiguredGroups = 10_000
    /// Subscriptions to metrics of clients: each new client is held against all of them.
    static let maximumClientMetrics = 200

    /// Changes settings, all or none, and has them take effect. What is added to a list is added to what it
    /// is in that moment, so changes of several clients add up.
    func changeSettings(
        of resource: ConfigResource, _ changes: SettingChanges, isDryRun: Bool
    ) async throws(RequestError) {
        try await gate.pass { () async throws(RequestError) in
            try await self.changeSettingsInTurn(of: resource, changes, isDryRun: isDryRun)
        }
    }

    private func changeSettingsInTurn(
        of resource: ConfigResource, _ changes: SettingChanges, isDryRun: Bool
    ) async throws(RequestError) {
        let rules = SettingRules(resource, environment)
        try rules.checkName()
        guard let current = image.settings(of: resource) else {
            throw .unknownTopic(TopicName(resource.name))
        }
        let next = try rules.apply(changes, to: current)
        try rules.check(next, besides: image)
        let changed = Set(current.keys).union(next.keys).filter { current[$0] != next[$0] }.sorted()
        if isDryRun || changed.isEmpty { return }
        if current.isEmpty { try checkRoom(for: resource) }
        try await commit(
            changed.map { key in
                resource.type == .topic
                    ? .topicSetting(TopicName(resource.name), key: key, value: next[key])
                    : .setting(resource, key: key, value: next[key])
            })
        environment.logger.info(
            "Changed settings.",
            metadata: [
                "of": "\(resource)",
                "settings":
                    "\(changed.map { "\($0)=\(next[$0]?.prefix(100) ?? "default")" }.joined(separator: " "))",
            ])
        await takeEffect(of: resource)
    }

    private func checkRoom(for resource: ConfigResource) throws(RequestError) {
        let (count, maximum) =
            switch resource.type {
            case .group: (image.groupSettings.count, Self.maximumConfiguredGroups)
            case .clientMetrics: (image.clientMetrics.count, Self.maximumClientMetrics)
            default: (0, Int.max)
            }
        guard count < maximum else {
            throw RequestError(
                .policyViolation,
                "There are \(count) of this type with settings, which is the limit; unset those of others.")
        }
    }

    /// Groups and metrics of clients are looked up in the image, which every shard has by now.
    private func takeEffect(of resource: ConfigResource) async {
        switch resource.type {
        case .topic:
            guard let topic = image.topics[TopicName(resource.name)] else { return }
            await reconfigure([topic])
        case .broker:
            let start = environment.liveSettings.value
            environment.liveSettings.replace(image.brokerSettings(start, environment.brokerID))
            await reconfigure(Array(image.topics.values))
        default: break
        }
    }

    /// Gives the partitions of the topics the settings that are in force.
    private func reconfigure(_ topics: [MetadataImage.Topic]) async {
        let plans = topics.reduce(into: [:]) { plans, topic in
            plans[topic.id] = PartitionSettings(
                log: LogConfiguration(topic.settings, environment),
                preparation: BatchPreparation(topic.settings, environment))
        }
        for shard in router.shards {
            await shard.run { shard in
                for partition in shard.partitions.all {
                    guard let plan = plans[partition.topicID] else { continue }
                    partition.reconfigure(plan.log, plan.preparation)
                }
            }
        }
    }
}

/// What the settings of a topic mean for its partitions.
private struct PartitionSettings: Sendable {
    let log: LogConfiguration
    let preparation: BatchPreparation?
}
