internal import MartletCore
internal import MartletWire

/// Metadata: which topics there are, who leads their partitions, and where to connect to. Creates a topic
/// that is asked for and missing, where client and broker allow it.
struct MetadataHandler: ControlHandler {
    let controller: Controller
    let endpoints: Endpoints

    func handle(_ request: MetadataRequest, from client: Client) async -> MetadataResponse {
        var response = MetadataResponse()
        let endpoint = endpoints.advertised(to: client.connection)
        var broker = MetadataResponse.Broker()
        broker.id = endpoints.brokerID
        broker.host = endpoint.host
        broker.port = Int32(endpoint.port)
        broker.rack = endpoints.rack
        response.brokers = [broker]
        response.clusterID = endpoints.clusterID
        response.controller = endpoints.brokerID
        if request.includeClusterAuthorizedOperations { response.clusterAuthorizedOperations = .allOnCluster }
        response.topics = await topics(for: request, version: client.version)
        if request.includeTopicAuthorizedOperations {
            for index in response.topics.indices where response.topics[index].errorCode == .none {
                response.topics[index].authorizedOperations = .allOnTopic
            }
        }
        return response
    }

    private func topics(for request: MetadataRequest, version: Int16) async -> [MetadataResponse.Topic] {
        let image = await controller.image
        // Version 0 has no null: there an empty list asks for all topics.
        guard let asked = request.topics, !(asked.isEmpty && version == 0) else {
            return image.topics.values.sorted { $0.name < $1.name }.map { MetadataResponse.Topic($0) }
        }
        var topics: [MetadataResponse.Topic] = []
        var answered: Set<Asked> = []
        // A few bytes ask for a topic of a thousand partitions, so each is described once.
        for topic in asked where answered.insert(Asked(name: topic.name, id: topic.id)).inserted {
            guard version >= Self.firstVersionByID || (topic.name != nil && topic.id == .zero) else {
                topics.append(MetadataResponse.Topic(topic.name ?? "", .zero, error: .invalidRequest))
                continue
            }
            topics.append(await describe(topic, request, image))
        }
        return topics
    }

    /// Versions 10 and 11 have room for an id but give it no meaning, and no room for the answer.
    private static let firstVersionByID: Int16 = 12

    private struct Asked: Hashable {
        let name: TopicName?
        let id: TopicID
    }

    private func describe(
        _ asked: MetadataRequest.Topic, _ request: MetadataRequest, _ image: MetadataImage
    ) async -> MetadataResponse.Topic {
        guard asked.id == .zero, let name = asked.name else {
            guard let topic = image[asked.id] else {
                return MetadataResponse.Topic(nil, asked.id, error: .unknownTopicID)
            }
            return MetadataResponse.Topic(topic)
        }
        if let topic = image.topics[name] { return MetadataResponse.Topic(topic) }
        guard name.isValid else { return MetadataResponse.Topic(name, .zero, error: .invalidTopicException) }
        guard request.allowAutoTopicCreation,
            controller.environment.settings.bool("auto.create.topics.enable")
        else {
            return MetadataResponse.Topic(name, .zero, error: .unknownTopicOrPartition)
        }
        do throws(RequestError) {
            return MetadataResponse.Topic(try await controller.createTopic(Controller.TopicPlan(name: name)))
        } catch {
            if let topic = await controller.image.topics[name] { return MetadataResponse.Topic(topic) }
            return MetadataResponse.Topic(name, .zero, error: error.code)
        }
    }
}

extension MetadataResponse.Topic {
    fileprivate init(_ name: TopicName?, _ id: TopicID, error: ErrorCode) {
        self.init()
        self.name = name
        self.id = id
        errorCode = error
    }

    fileprivate init(_ topic: MetadataImage.Topic) {
        self.init()
        name = topic.name
        id = topic.id
        isInternal = topic.isInternal
        partitions = topic.partitions.enumerated().map { index, partition in
            var described = MetadataResponse.Partition()
            described.index = PartitionIndex(index)
            described.leader = partition.leader
            described.leaderEpoch = partition.leaderEpoch
            described.replicas = partition.replicas
            described.inSyncReplicas = partition.inSyncReplicas
            return described
        }
    }
}
