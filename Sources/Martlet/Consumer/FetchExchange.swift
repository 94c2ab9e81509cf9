internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// One Fetch request and its answer.
enum FetchExchange {
    /// First version that names topics by their ids.
    private static let firstVersionWithIDs: Int16 = 13

    static func submit(
        _ wants: [ConsumerState.Want], on connection: BrokerConnection, metadata: ClusterMetadata,
        configuration: ConsumerConfiguration, timeout: Duration
    ) throws(TransportError) -> PendingResponse<FetchRequest> {
        let hasIDs = wants.allSatisfy { want in
            metadata.topics[want.partition.topic].map { $0.id != .zero } ?? false
        }
        let version = try connection.version(
            of: FetchRequest.self, atMost: hasIDs ? .max : firstVersionWithIDs - 1)
        var request = FetchRequest()
        request.maxWaitMs = Int32(clamping: configuration.maximumWait.milliseconds)
        request.minBytes = Int32(clamping: configuration.minimumFetchBytes)
        request.maxBytes = Int32(clamping: configuration.maximumFetchBytes)
        request.isolationLevel = MartletWire.IsolationLevel(rawValue: configuration.isolationLevel.rawValue)
        var places: [TopicName: Int] = [:]
        for want in wants {
            let name = want.partition.topic
            let place = places[name] ?? request.topics.count
            if place == request.topics.count {
                places[name] = place
                var topic = FetchRequest.Topic()
                topic.name = name
                topic.id = metadata.topics[name]?.id ?? .zero
                request.topics.append(topic)
            }
            var partition = FetchRequest.Partition()
            partition.index = want.partition.partition
            partition.currentLeaderEpoch = metadata.leaderEpoch(of: want.partition)
            partition.fetchOffset = want.offset
            partition.maxBytes = Int32(clamping: configuration.maximumPartitionFetchBytes)
            request.topics[place].partitions.append(partition)
        }
        return try connection.submit(request, version: version, timeout: timeout + configuration.maximumWait)
    }

    static func answers(
        in response: FetchResponse, version: Int16, metadata: ClusterMetadata
    ) -> [TopicPartition: FetchResponse.Partition] {
        var answers: [TopicPartition: FetchResponse.Partition] = [:]
        for topic in response.topics {
            let name = version >= firstVersionWithIDs ? metadata.names[topic.id] : topic.name
            guard let name else { continue }
            for partition in topic.partitions { answers[TopicPartition(name, partition.index)] = partition }
        }
        return answers
    }
}

extension Duration {
    /// Rounded down.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1000 &+ attoseconds / 1_000_000_000_000_000
    }
}
