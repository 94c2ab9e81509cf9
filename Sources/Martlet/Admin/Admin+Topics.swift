public import MartletCore
internal import MartletTransport
internal import MartletWire

extension Admin {
    /// Creates a topic.
    ///
    /// - Parameters:
    ///   - partitions: Nil for the cluster's default.
    ///   - configuration: Keys that differ from the defaults, such as `retention.ms`.
    /// - Throws: `broker(.topicAlreadyExists)` if it does.
    @discardableResult
    public func createTopic(
        _ name: TopicName, partitions: Int32? = nil, replicationFactor: Int16? = nil,
        configuration: [String: String] = [:]
    ) async throws(MartletError) -> CreatedTopic {
        let topic = NewTopic(
            name, partitions: partitions, replicationFactor: replicationFactor, configuration: configuration)
        return try Self.only(name, in: await createTopics([topic]), doing: "creating topic \"\(name)\"")
    }

    /// Creates topics.
    ///
    /// - Parameter validateOnly: Only says whether it would work.
    public func createTopics(
        _ topics: [NewTopic], validateOnly: Bool = false
    ) async throws(MartletError) -> [TopicName: Result<CreatedTopic, MartletError>] {
        var request = CreateTopicsRequest()
        request.timeoutMs = timeoutMs
        request.validateOnly = validateOnly
        request.topics = topics.map { topic in
            var new = CreateTopicsRequest.Topic()
            new.name = topic.name
            new.partitionCount = topic.partitions ?? -1
            new.replicationFactor = topic.replicationFactor ?? -1
            new.assignments = (topic.assignments ?? []).enumerated().map { index, brokers in
                CreateTopicsRequest.Assignment { assignment in
                    assignment.partition = PartitionIndex(index)
                    assignment.replicas = brokers
                }
            }
            new.configs = topic.configuration.sorted { $0.key < $1.key }.map { key, value in
                var config = CreateTopicsRequest.Config()
                config.name = key
                config.value = value
                return config
            }
            return new
        }
        let response = try await sendToController(request, doing: "creating topics") { response in
            response.topics.first?.errorCode
        }
        var results: [TopicName: Result<CreatedTopic, MartletError>] = [:]
        for topic in response.topics {
            results[topic.name] = Self.outcome(
                topic.errorCode, topic.errorMessage, doing: "creating topic \"\(topic.name)\""
            ).map {
                CreatedTopic(
                    name: topic.name, id: topic.id == .zero ? nil : topic.id,
                    partitionCount: topic.partitionCount < 0 ? nil : topic.partitionCount,
                    replicationFactor: topic.replicationFactor < 0 ? nil : topic.replicationFactor)
            }
        }
        return results
    }

    /// Creates those of the topics that do not exist yet; those that do stay as they are, whatever their
    /// partitions and configuration. For services that bring their topics along.
    ///
    /// - Throws: The first error other than that a topic exists.
    public func ensureTopics(_ topics: [NewTopic]) async throws(MartletError) {
        guard !topics.isEmpty else { return }
        let results = try await createTopics(topics)
        for topic in topics {
            do {
                _ = try Self.only(topic.name, in: results, doing: "creating topic \"\(topic.name)\"")
            } catch {
                guard error.code == .broker(.topicAlreadyExists) else { throw error }
            }
        }
    }

    /// Creates a topic unless it exists; then it stays as it is.
    public func ensureTopic(
        _ name: TopicName, partitions: Int32? = nil, replicationFactor: Int16? = nil,
        configuration: [String: String] = [:]
    ) async throws(MartletError) {
        try await ensureTopics([
            NewTopic(
                name, partitions: partitions, replicationFactor: replicationFactor,
                configuration: configuration)
        ])
    }

    /// Deletes a topic and all its records.
    public func deleteTopic(_ name: TopicName) async throws(MartletError) {
        try Self.only(name, in: await deleteTopics([name]), doing: "deleting topic \"\(name)\"")
    }

    /// Deletes topics and all their records.
    public func deleteTopics(
        _ names: [TopicName]
    ) async throws(MartletError) -> [TopicName: Result<Void, MartletError>] {
        var request = DeleteTopicsRequest()
        request.timeoutMs = timeoutMs
        // Versions up to 5 know names only, later ones a structure.
        request.topicNames = names
        request.topics = names.map { name in
            var topic = DeleteTopicsRequest.Topic()
            topic.name = name
            return topic
        }
        let response = try await sendToController(request, doing: "deleting topics") { response in
            response.topics.first?.errorCode
        }
        var results: [TopicName: Result<Void, MartletError>] = [:]
        for topic in response.topics {
            guard let name = topic.name else { continue }
            results[name] = Self.outcome(
                topic.errorCode, topic.errorMessage, doing: "deleting topic \"\(name)\"")
        }
        return results
    }

    /// All topics, by name.
    ///
    /// - Parameter includesInternal: Whether to name topics that the cluster itself uses.
    public func listTopics(
        includesInternal: Bool = false
    ) async throws(MartletError) -> [TopicDescription] {
        try await describe(nil).compactMap { topic in
            guard let name = topic.name, includesInternal || !topic.isInternal else { return nil }
            return TopicDescription(name, topic)
        }.sorted { $0.name < $1.name }
    }

    /// A topic and its partitions.
    public func describeTopic(_ name: TopicName) async throws(MartletError) -> TopicDescription {
        try Self.only(name, in: await describeTopics([name]), doing: "describing topic \"\(name)\"")
    }

    /// Topics and their partitions.
    ///
    /// - Parameter includesAuthorizedOperations: Says what who asks may do with each topic.
    public func describeTopics(
        _ names: [TopicName], includesAuthorizedOperations: Bool = false
    ) async throws(MartletError) -> [TopicName: Result<TopicDescription, MartletError>] {
        var results: [TopicName: Result<TopicDescription, MartletError>] = [:]
        for topic in try await describe(names, includesAuthorizedOperations) {
            guard let name = topic.name else { continue }
            switch topic.errorCode {
            case .none: results[name] = .success(TopicDescription(name, topic))
            case .unknownTopicOrPartition:
                results[name] = .failure(.unknownTopic(name, allowsCreation: false))
            default:
                results[name] = .failure(.broker(topic.errorCode, nil, doing: "describing topic \"\(name)\""))
            }
        }
        return results
    }

    private func describe(
        _ names: [TopicName]?, _ includesAuthorizedOperations: Bool = false
    ) async throws(MartletError) -> [MetadataResponse.Topic] {
        var request = MetadataRequest()
        request.allowAutoTopicCreation = false
        request.includeTopicAuthorizedOperations = includesAuthorizedOperations
        request.topics = names.map { names in
            names.map { name in
                var topic = MetadataRequest.Topic()
                topic.name = name
                return topic
            }
        }
        let response = try await client.send(request, doing: "describing topics")
        guard response.errorCode == .none else {
            throw .broker(response.errorCode, nil, doing: "describing topics")
        }
        return response.topics
    }
}

extension TopicDescription {
    init(_ name: TopicName, _ topic: MetadataResponse.Topic) {
        self.name = name
        id = topic.id == .zero ? nil : topic.id
        isInternal = topic.isInternal
        authorizedOperations = Set(topic.authorizedOperations)
        partitions = topic.partitions.sorted { $0.index < $1.index }.map { partition in
            PartitionDescription(
                index: partition.index, leader: partition.leader == .none ? nil : partition.leader,
                leaderEpoch: partition.leaderEpoch, replicas: partition.replicas,
                inSyncReplicas: partition.inSyncReplicas, offlineReplicas: partition.offlineReplicas)
        }
    }
}
