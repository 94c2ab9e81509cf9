public import MartletCore
internal import MartletTransport
internal import MartletWire

extension Admin {
    /// Where the brokers keep partitions, and how large these are.
    ///
    /// - Parameters:
    ///   - topics: Nil for all. Partitions are named by the topics' descriptions, which are asked for.
    ///   - brokers: Nil for all.
    public func logDirectories(
        topics: [TopicName]? = nil, brokers: [BrokerID]? = nil
    ) async throws(MartletError) -> [LogDirectory] {
        var request = DescribeLogDirsRequest()
        if let topics {
            var wanted: [DescribeLogDirsRequest.Topic] = []
            for (name, result) in try await describeTopics(topics) {
                let partitions = try result.get().partitions.map(\.index)
                wanted.append(
                    DescribeLogDirsRequest.Topic { topic in
                        topic.name = name
                        topic.partitions = partitions
                    })
            }
            request.topics = wanted
        }
        try await client.findBrokers()
        var directories: [LogDirectory] = []
        for broker in (brokers ?? Array(client.metadata.brokers.keys)).sorted() {
            directories += try await logDirectories(request, of: broker)
        }
        return directories
    }

    private func logDirectories(
        _ request: DescribeLogDirsRequest, of broker: BrokerID
    ) async throws(MartletError) -> [LogDirectory] {
        let activity = "asking broker \(broker) for its log directories"
        let response = try await client.send(request, to: .broker(broker), doing: activity)
        guard response.errorCode == .none else {
            throw .broker(response.errorCode, nil, doing: activity)
        }
        return response.directories.map { LogDirectory($0, of: broker, doing: activity) }
    }

    /// In which directories of their brokers copies of partitions are.
    public func describeReplicaLogDirectories(
        _ replicas: [PartitionReplica]
    ) async throws(MartletError) -> [PartitionReplica: Result<ReplicaLogDirectory, MartletError>] {
        try await forEachBroker(of: replicas) { broker, partitions async throws(MartletError) in
            let request = DescribeLogDirsRequest { request in
                request.topics = partitions.byTopic.map { name, indices in
                    DescribeLogDirsRequest.Topic { topic in
                        topic.name = name
                        topic.partitions = indices
                    }
                }
            }
            let directories = try await logDirectories(request, of: broker)
            var results: [TopicPartition: Result<ReplicaLogDirectory, MartletError>] = [:]
            for partition in partitions {
                var place = ReplicaLogDirectory()
                for directory in directories {
                    if let copy = directory.partitions[partition] {
                        (place.path, place.lag) = (directory.path, copy.lag)
                    }
                    if let copy = directory.futurePartitions[partition] {
                        (place.futurePath, place.futureLag) = (directory.path, copy.lag)
                    }
                }
                results[partition] = .success(place)
            }
            return results
        }
    }

    /// Moves copies of partitions to other directories of their brokers (KIP-113). A copy that the broker
    /// does not have yet will be made there.
    ///
    /// - Parameter paths: For each copy the directory.
    /// - Returns: For each copy whether the move has begun.
    public func alterReplicaLogDirectories(
        _ paths: [PartitionReplica: String]
    ) async throws(MartletError) -> [PartitionReplica: Result<Void, MartletError>] {
        try await forEachBroker(of: Array(paths.keys)) { broker, partitions async throws(MartletError) in
            let activity = "moving partitions of broker \(broker) to other directories"
            let byPath = Dictionary(grouping: partitions) { paths[PartitionReplica($0, on: broker)] ?? "" }
            let request = AlterReplicaLogDirsRequest { request in
                request.directories = byPath.sorted { $0.key < $1.key }.map { path, partitions in
                    AlterReplicaLogDirsRequest.Directory { directory in
                        directory.path = path
                        directory.topics = partitions.byTopic.map { name, indices in
                            AlterReplicaLogDirsRequest.Topic { topic in
                                topic.name = name
                                topic.partitions = indices
                            }
                        }
                    }
                }
            }
            let response = try await client.send(request, to: .broker(broker), doing: activity)
            var results: [TopicPartition: Result<Void, MartletError>] = [:]
            for topic in response.topics {
                for answer in topic.partitions {
                    let partition = TopicPartition(topic.name, answer.index)
                    results[partition] = Self.outcome(
                        answer.errorCode, nil, doing: "moving \(partition) on broker \(broker)")
                }
            }
            return results
        }
    }

    /// Asks each broker about its copies, so that one that cannot be reached hides no other.
    private func forEachBroker<Value>(
        of replicas: [PartitionReplica],
        _ ask: (BrokerID, [TopicPartition]) async throws(MartletError) ->
            [TopicPartition: Result<Value, MartletError>]
    ) async throws(MartletError) -> [PartitionReplica: Result<Value, MartletError>] {
        var results: [PartitionReplica: Result<Value, MartletError>] = [:]
        for (broker, replicas) in Dictionary(grouping: replicas, by: \.broker).sorted(by: { $0.key < $1.key })
        {
            var answers: [TopicPartition: Result<Value, MartletError>] = [:]
            var failure = MartletError.leavesOut("asking broker \(broker) about its partitions")
            do throws(MartletError) {
                answers = try await ask(broker, replicas.map(\.partition))
            } catch {
                if error.code == .cancelled { throw error }
                failure = error
            }
            for replica in replicas { results[replica] = answers[replica.partition] ?? .failure(failure) }
        }
        return results
    }
}

extension LogDirectory {
    fileprivate init(
        _ directory: DescribeLogDirsResponse.Directory, of broker: BrokerID, doing activity: String
    ) {
        self.broker = broker
        path = directory.path
        totalBytes = directory.totalBytes >= 0 ? directory.totalBytes : nil
        usableBytes = directory.usableBytes >= 0 ? directory.usableBytes : nil
        isCordoned = directory.isCordoned
        partitions = [:]
        futurePartitions = [:]
        for topic in directory.topics {
            for wire in topic.partitions {
                let copy = LogDirectoryPartition(byteCount: wire.size, lag: wire.offsetLag)
                let partition = TopicPartition(topic.name, wire.index)
                if wire.isFuture { futurePartitions[partition] = copy } else { partitions[partition] = copy }
            }
        }
        error =
            directory.errorCode == .none
            ? nil : .broker(directory.errorCode, nil, doing: "\(activity), \(directory.path)")
    }
}
