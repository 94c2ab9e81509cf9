internal import MartletCore
internal import MartletWire

/// Where partitions are, and who leads them.
extension Admin {
    /// Has leaders chosen anew.
    ///
    /// - Parameters:
    ///   - partitions: Nil for all of the cluster.
    ///   - election: `unclean` needs ElectLeaders 1.
    /// - Returns: For each partition whether it has a new leader: `broker(.electionNotNeeded)` if there was
    ///   no cause. Of all partitions, only those that needed one are told of.
    public func electLeaders(
        of partitions: [TopicPartition]? = nil, _ election: LeaderElection = .preferred
    ) async throws(MartletError) -> [TopicPartition: Result<Void, MartletError>] {
        let activity = "electing leaders"
        let request = ElectLeadersRequest { request in
            request.timeoutMs = timeoutMs
            request.electionType = election == .unclean ? .unclean : .preferred
            request.topics = partitions.map { partitions in
                partitions.byTopic.map { name, indices in
                    ElectLeadersRequest.Topic { topic in
                        topic.name = name
                        topic.partitions = indices
                    }
                }
            }
        }
        let response = try await sendToController(
            request, doing: activity, atLeastVersion: election == .unclean ? 1 : 0
        ) { response in
            response.errorCode == .none
                ? response.topics.first?.partitions.first?.errorCode : response.errorCode
        }
        try Self.outcome(response.errorCode, nil, doing: activity).get()
        var results: [TopicPartition: Result<Void, MartletError>] = [:]
        for topic in response.topics {
            for answer in topic.partitions {
                let partition = TopicPartition(topic.name, answer.index)
                results[partition] = Self.outcome(
                    answer.errorCode, answer.errorMessage, doing: "electing a leader of \(partition)")
            }
        }
        return results
    }

    /// Moves partitions to other brokers, or calls off a move.
    ///
    /// - Parameters:
    ///   - replicas: For each partition its brokers, the preferred leader first; nil calls off its move.
    ///   - allowsReplicationFactorChange: Whether the number of replicas may change; false needs
    ///     AlterPartitionReassignments 1 (KIP-860).
    /// - Returns: For each partition whether the move has begun, or is called off.
    public func alterPartitionReassignments(
        _ replicas: [TopicPartition: [BrokerID]?], allowsReplicationFactorChange: Bool = true
    ) async throws(MartletError) -> [TopicPartition: Result<Void, MartletError>] {
        guard !replicas.isEmpty else { return [:] }
        let activity = "moving partitions"
        let request = AlterPartitionReassignmentsRequest { request in
            request.timeoutMs = timeoutMs
            request.allowReplicationFactorChange = allowsReplicationFactorChange
            request.topics = Array(replicas.keys).byTopic.map { name, indices in
                AlterPartitionReassignmentsRequest.Topic { topic in
                    topic.name = name
                    topic.partitions = indices.map { index in
                        AlterPartitionReassignmentsRequest.Partition { partition in
                            partition.index = index
                            partition.replicas = replicas[TopicPartition(name, index)] ?? nil
                        }
                    }
                }
            }
        }
        let response = try await sendToController(
            request, doing: activity, atLeastVersion: allowsReplicationFactorChange ? 0 : 1
        ) { $0.errorCode }
        try Self.outcome(response.errorCode, response.errorMessage, doing: activity).get()
        var results: [TopicPartition: Result<Void, MartletError>] = [:]
        for topic in response.topics {
            for answer in topic.partitions {
                let partition = TopicPartition(topic.name, answer.index)
                results[partition] = Self.outcome(
                    answer.errorCode, answer.errorMessage, doing: "moving \(partition)")
            }
        }
        return results
    }

    /// The partitions that are on the move.
    ///
    /// - Parameter partitions: Only these; nil for all of the cluster.
    public func listPartitionReassignments(
        of partitions: [TopicPartition]? = nil
    ) async throws(MartletError) -> [TopicPartition: PartitionReassignment] {
        let activity = "listing partitions on the move"
        let request = ListPartitionReassignmentsRequest { request in
            request.timeoutMs = timeoutMs
            request.topics = partitions.map { partitions in
                partitions.byTopic.map { name, indices in
                    ListPartitionReassignmentsRequest.Topic { topic in
                        topic.name = name
                        topic.partitions = indices
                    }
                }
            }
        }
        let response = try await sendToController(request, doing: activity) { $0.errorCode }
        try Self.outcome(response.errorCode, response.errorMessage, doing: activity).get()
        var moves: [TopicPartition: PartitionReassignment] = [:]
        for topic in response.topics {
            for answer in topic.partitions {
                moves[TopicPartition(topic.name, answer.index)] = PartitionReassignment(
                    replicas: answer.replicas, adding: answer.addingReplicas,
                    removing: answer.removingReplicas)
            }
        }
        return moves
    }
}

extension [TopicPartition] {
    /// The partitions of each topic, both in order: how most requests name them.
    var byTopic: [(topic: TopicName, indices: [PartitionIndex])] {
        Dictionary(grouping: self, by: \.topic).sorted { $0.key < $1.key }.map { topic, partitions in
            (topic, Set(partitions.map(\.partition)).sorted())
        }
    }
}
