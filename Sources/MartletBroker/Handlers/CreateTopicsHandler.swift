internal import MartletCore
internal import MartletWire

/// CreateTopics: creates each topic, or only says whether it could be.
struct CreateTopicsHandler: ControlHandler {
    let controller: Controller

    func handle(_ request: CreateTopicsRequest, from client: Client) async -> CreateTopicsResponse {
        var response = CreateTopicsResponse()
        let counts = request.topics.reduce(into: [:]) { $0[$1.name, default: 0] += 1 }
        var answered: Set<TopicName> = []
        // However often a request repeats a name, it is answered once: the answer must not outgrow what was
        // asked.
        for topic in request.topics where answered.insert(topic.name).inserted {
            var answer = CreateTopicsResponse.Topic()
            answer.name = topic.name
            do throws(RequestError) {
                guard counts[topic.name] == 1 else {
                    throw RequestError(
                        .invalidRequest, "Topic '\(topic.name)' is in the request more than once.")
                }
                let plan = try plan(for: topic)
                answer.fill(
                    try await controller.createTopic(plan, isDryRun: request.validateOnly),
                    controller.environment.settings
                )
            } catch {
                answer.errorCode = error.code
                answer.errorMessage = error.message
            }
            response.topics.append(answer)
        }
        return response
    }

    private func plan(for topic: CreateTopicsRequest.Topic) throws(RequestError) -> Controller.TopicPlan {
        var plan = Controller.TopicPlan(name: topic.name)
        if let unset = topic.configs.first(where: { $0.value == nil }) {
            throw RequestError(.invalidConfig, "\(unset.name) needs a value.")
        }
        do {
            plan.settings = try TopicSettings(topic.configs.map { ($0.name, $0.value) })
        } catch {
            throw RequestError(.invalidConfig, error.message)
        }
        guard topic.assignments.isEmpty else {
            guard topic.partitionCount == -1, topic.replicationFactor == -1 else {
                throw RequestError(
                    .invalidRequest,
                    "With assignments, the number of partitions and the replication factor must be -1.")
            }
            plan.partitionCount = try count(of: topic.assignments)
            return plan
        }
        guard topic.replicationFactor == -1 || topic.replicationFactor == 1 else {
            throw RequestError(
                .invalidReplicationFactor,
                "Replication factor \(topic.replicationFactor) is not possible: there is 1 broker."
            )
        }
        plan.partitionCount = topic.partitionCount == -1 ? nil : Int(topic.partitionCount)
        return plan
    }

    /// The number of partitions that explicit assignments describe: 0 to n-1, each on this broker.
    private func count(of assignments: [CreateTopicsRequest.Assignment]) throws(RequestError) -> Int {
        guard assignments.map(\.partition).sorted() == (0..<PartitionIndex(assignments.count)).map({ $0 })
        else {
            throw RequestError(
                .invalidReplicaAssignment, "The partitions must be numbered from 0 without gaps.")
        }
        let brokerID = controller.environment.brokerID
        guard assignments.allSatisfy({ $0.replicas == [brokerID] }) else {
            throw RequestError(.invalidReplicaAssignment, "Broker \(brokerID) is the only one there is.")
        }
        return assignments.count
    }
}

extension CreateTopicsResponse.Topic {
    fileprivate mutating func fill(_ topic: MetadataImage.Topic, _ broker: BrokerSettings) {
        id = topic.id
        partitionCount = Int32(topic.partitions.count)
        replicationFactor = 1
        configs = TopicConfigKeys.all.map { key in
            var config = CreateTopicsResponse.Config()
            config.name = key.name
            config.value = topic.settings.string(key.name, broker)
            config.source = topic.settings.source(of: key, broker)
            return config
        }
    }
}
