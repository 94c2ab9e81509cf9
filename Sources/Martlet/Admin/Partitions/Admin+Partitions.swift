internal import MartletCore
internal import MartletWire

/// How many partitions a topic is to have, and where the new ones are to be.
public struct NewPartitions: Hashable, Sendable {
    /// In all, old and new.
    public var count: Int32
    /// For each new partition its brokers, the preferred leader first; nil to let the controller choose.
    public var assignments: [[BrokerID]]?

    public init(count: Int32, assignments: [[BrokerID]]? = nil) {
        self.count = count
        self.assignments = assignments
    }
}

extension Admin {
    /// Gives a topic more partitions. Keys may land in other partitions than before.
    ///
    /// - Parameters:
    ///   - count: How many there are to be in all.
    ///   - validateOnly: Only says whether it would work.
    public func createPartitions(
        _ topic: TopicName, count: Int32, validateOnly: Bool = false
    ) async throws(MartletError) {
        try Self.only(
            topic,
            in: await createPartitions([topic: NewPartitions(count: count)], validateOnly: validateOnly),
            doing: "adding partitions to topic \"\(topic)\"")
    }

    /// Gives topics more partitions. Keys may land in other partitions than before.
    ///
    /// - Parameter validateOnly: Only says whether it would work.
    public func createPartitions(
        _ topics: [TopicName: NewPartitions], validateOnly: Bool = false
    ) async throws(MartletError) -> [TopicName: Result<Void, MartletError>] {
        let request = CreatePartitionsRequest { request in
            request.timeoutMs = timeoutMs
            request.validateOnly = validateOnly
            request.topics = topics.sorted { $0.key < $1.key }.map { name, partitions in
                CreatePartitionsRequest.Topic { topic in
                    topic.name = name
                    topic.partitionCount = partitions.count
                    topic.assignments = partitions.assignments.map { assignments in
                        assignments.map { brokers in
                            CreatePartitionsRequest.Assignment { $0.replicas = brokers }
                        }
                    }
                }
            }
        }
        let response = try await sendToController(request, doing: "adding partitions") {
            $0.topics.first?.errorCode
        }
        var results: [TopicName: Result<Void, MartletError>] = [:]
        for answer in response.topics {
            results[answer.name] = Self.outcome(
                answer.errorCode, answer.errorMessage, doing: "adding partitions to topic \"\(answer.name)\"")
        }
        return results
    }
}
