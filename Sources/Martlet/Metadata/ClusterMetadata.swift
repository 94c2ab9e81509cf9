internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// What is known of a cluster: brokers, topics, and who leads which partition. An immutable picture; each
/// answer of a broker makes the next one.
struct ClusterMetadata: Sendable {
    struct Partition: Hashable, Sendable {
        var leader: BrokerID
        var leaderEpoch: LeaderEpoch
    }

    struct Topic: Sendable {
        var id: TopicID
        /// By index, without gaps. A partition of which nothing is known has no leader.
        var partitions: [Partition]
    }

    private(set) var clusterID: String?
    private(set) var controller = BrokerID.none
    private(set) var brokers: [BrokerID: BrokerAddress] = [:]
    private(set) var topics: [TopicName: Topic] = [:]
    private(set) var names: [TopicID: TopicName] = [:]
    /// Why a topic that was asked for is not in `topics`.
    private(set) var topicErrors: [TopicName: ErrorCode] = [:]

    /// A bound for what a broker can make us allocate: Kafka's own limit is far lower.
    private static let maximumPartitions = 1 << 20

    func leader(of partition: TopicPartition) -> BrokerID? {
        guard let topic = topics[partition.topic], topic.partitions.indices.contains(Int(partition.partition))
        else { return nil }
        let leader = topic.partitions[Int(partition.partition)].leader
        return brokers[leader] == nil ? nil : leader
    }

    func leaderEpoch(of partition: TopicPartition) -> LeaderEpoch {
        guard let topic = topics[partition.topic], topic.partitions.indices.contains(Int(partition.partition))
        else { return .none }
        return topic.partitions[Int(partition.partition)].leaderEpoch
    }

    /// Takes an answer into the picture.
    ///
    /// A leader with an older epoch than the one known comes from a broker that is behind, and is not
    /// believed; unless the topic has been created anew.
    mutating func apply(_ response: MetadataResponse) {
        clusterID = response.clusterID ?? clusterID
        controller = response.controller
        if !response.brokers.isEmpty {
            brokers = [:]
            for broker in response.brokers {
                brokers[broker.id] = BrokerAddress(host: broker.host, port: Int(broker.port))
            }
        }
        for topic in response.topics {
            guard let name = topic.name else { continue }
            apply(topic, named: name)
        }
    }

    /// Takes topics alone into the picture, from an answer about these and nothing else.
    mutating func learn(_ topics: [MetadataResponse.Topic]) {
        for topic in topics {
            if let name = topic.name { apply(topic, named: name) }
        }
    }

    private mutating func apply(_ topic: MetadataResponse.Topic, named name: TopicName) {
        guard topic.errorCode == .none else {
            topicErrors[name] = topic.errorCode
            // Other errors say that the topic cannot be had now, not that it is gone.
            if topic.errorCode == .unknownTopicOrPartition || topic.errorCode == .unknownTopicID {
                forget(name)
            }
            return
        }
        topicErrors[name] = nil
        let old = topics[name]
        let isSame = old.map { $0.id == topic.id } ?? false
        let count = topic.partitions.map { Int($0.index) + 1 }.max() ?? 0
        guard topic.partitions.allSatisfy({ $0.index >= 0 }), count <= Self.maximumPartitions else { return }
        var partitions = Array(repeating: Partition(leader: .none, leaderEpoch: .none), count: count)
        for partition in topic.partitions {
            let index = Int(partition.index)
            var new = Partition(leader: partition.leader, leaderEpoch: partition.leaderEpoch)
            if isSame, let old, old.partitions.indices.contains(index), new.leaderEpoch != .none,
                new.leaderEpoch < old.partitions[index].leaderEpoch
            {
                new = old.partitions[index]
            }
            partitions[index] = new
        }
        if let old, !isSame { names[old.id] = nil }
        topics[name] = Topic(id: topic.id, partitions: partitions)
        if topic.id != .zero { names[topic.id] = name }
    }

    /// Takes a new leader that a broker named in an answer about something else.
    mutating func apply(
        leader: BrokerID, epoch: LeaderEpoch, of partition: TopicPartition, endpoints: [NodeEndpoint]
    ) {
        guard leader != .none, var topic = topics[partition.topic],
            topic.partitions.indices.contains(Int(partition.partition)),
            topic.partitions[Int(partition.partition)].leaderEpoch < epoch
        else { return }
        for endpoint in endpoints {
            brokers[endpoint.id] = BrokerAddress(host: endpoint.host, port: Int(endpoint.port))
        }
        topic.partitions[Int(partition.partition)] = Partition(leader: leader, leaderEpoch: epoch)
        topics[partition.topic] = topic
    }

    /// A broker says that it does not lead the partition, and not who does.
    mutating func forgetLeader(of partition: TopicPartition) {
        guard var topic = topics[partition.topic],
            topic.partitions.indices.contains(Int(partition.partition))
        else { return }
        topic.partitions[Int(partition.partition)].leader = .none
        topics[partition.topic] = topic
    }

    /// Leaves the bootstrap servers as the only ones known.
    mutating func forgetBrokers() {
        brokers = [:]
        controller = .none
    }

    mutating func forget(_ name: TopicName) {
        if let topic = topics.removeValue(forKey: name) { names[topic.id] = nil }
    }
}
