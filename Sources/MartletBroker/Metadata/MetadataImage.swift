internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// All that the broker knows about topics and settings, at one moment: an immutable value, replaced when
/// something changes.
struct MetadataImage: Sendable {
    /// One partition of a topic.
    struct Partition: Sendable, Equatable {
        var leader: BrokerID
        var leaderEpoch: LeaderEpoch
        var replicas: [BrokerID]
        var inSyncReplicas: [BrokerID]
    }

    /// One topic; its partitions are numbered as they lie in the array.
    struct Topic: Sendable {
        let id: TopicID
        let name: TopicName
        var partitions: [Partition] = []
        var settings = TopicSettings()
        /// Whether the broker itself keeps its state there.
        let isInternal: Bool

        init(id: TopicID, name: TopicName) {
            self.id = id
            self.name = name
            isInternal = InternalTopic.reservedNames.contains(name)
        }
    }

    private(set) var topics: [TopicName: Topic] = [:]
    private(set) var names: [TopicID: TopicName] = [:]
    /// The topics as coordinators see them.
    private(set) var catalogue = TopicCatalogue()
    /// Deleted topics whose directories may still be there, since the broker stopped before it came to them.
    private(set) var removed: [TopicID: TopicName] = [:]
    /// The first producer id that no block was handed out for.
    private(set) var nextProducerID = ProducerID(rawValue: 0)

    /// What was set for single groups, for the keys of `GroupConfigKeys`.
    private(set) var groupSettings: [GroupID: [String: String]] = [:]
    /// Subscriptions to metrics of clients, for the keys of `ClientMetricsConfigKeys`.
    private(set) var clientMetrics: [String: [String: String]] = [:]
    /// Counts the changes of `clientMetrics`.
    private(set) var clientMetricsVersion = 0
    /// What was set for brokers while they ran, by broker; under no name what holds for all.
    private(set) var brokerSettings: [String: [String: String]] = [:]
    private(set) var featureLevels: [String: Int16] = [:]
    /// Counts the changes of `featureLevels`.
    private(set) var featuresVersion: Int64 = 0
    private(set) var quotas: [QuotaEntity: [String: Double]] = [:]

    subscript(id: TopicID) -> Topic? {
        names[id].flatMap { topics[$0] }
    }

    /// The image after one more record.
    mutating func apply(_ record: MetadataRecord) {
        switch record {
        case .topic(let name, let id):
            topics[name] = Topic(id: id, name: name)
            names[id] = name
        case .partition(let topic, let index, let partition):
            change(topic) { topic in
                // Records of a topic's partitions follow each other in order, so an index is known or the
                // next.
                let index = Int(index)
                if topic.partitions.indices.contains(index) {
                    topic.partitions[index] = partition
                } else if index == topic.partitions.count {
                    topic.partitions.append(partition)
                }
            }
            guard let topic = self[topic] else { return }
            catalogue.insert(
                TopicCatalogue.Topic(
                    id: topic.id, name: topic.name, partitionCount: topic.partitions.count))
        case .topicSetting(let name, let key, let value):
            guard let id = topics[name]?.id else { return }
            change(id) { $0.settings.apply(key, value) }
        case .setting(let resource, let key, let value):
            change(resource, key, value)
        case .quota(let entity, let key, let value):
            quotas[entity, default: [:]][key] = value
            if quotas[entity]?.isEmpty == true { quotas[entity] = nil }
        case .topicRemoved(let id):
            guard let name = names.removeValue(forKey: id) else { return }
            topics[name] = nil
            catalogue.remove(id)
            removed[id] = name
        case .producerIDs(let next):
            nextProducerID = next
        case .featureLevel(let name, let level):
            featureLevels[name] = level
            featuresVersion += 1
        }
    }

    /// Nothing is left of the topics that were deleted.
    mutating func forgetRemoved() {
        removed = [:]
    }

    private mutating func change(_ resource: ConfigResource, _ key: String, _ value: String?) {
        func change<Name>(_ all: inout [Name: [String: String]], _ name: Name) {
            all[name, default: [:]][key] = value
            if all[name]?.isEmpty == true { all[name] = nil }
        }
        switch resource.type {
        case .group: change(&groupSettings, GroupID(resource.name))
        case .clientMetrics:
            change(&clientMetrics, resource.name)
            clientMetricsVersion += 1
        case .broker: change(&brokerSettings, resource.name)
        default: break
        }
    }

    private mutating func change(_ id: TopicID, _ body: (inout Topic) -> Void) {
        guard let name = names[id], var topic = topics.removeValue(forKey: name) else { return }
        body(&topic)
        topics[name] = topic
    }
}

extension MetadataImage {
    /// What was set for the resource itself; nil if there is no such topic.
    func settings(of resource: ConfigResource) -> [String: String]? {
        switch resource.type {
        case .topic: topics[TopicName(resource.name)]?.settings.overrides
        case .group: groupSettings[GroupID(resource.name)] ?? [:]
        case .clientMetrics: clientMetrics[resource.name] ?? [:]
        case .broker: brokerSettings[resource.name] ?? [:]
        default: nil
        }
    }

    /// The broker's settings: those of its start, under those that were set while it ran.
    func brokerSettings(_ start: BrokerSettings, _ id: BrokerID) -> BrokerSettings {
        start.with(
            dynamicBroker: brokerSettings["\(id)"] ?? [:], dynamicDefault: brokerSettings[""] ?? [:])
    }
}
