internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// One Fetch request and its answer.
enum FetchExchange {
    /// First version that names topics by their ids.
    private static let firstVersionWithIDs: Int16 = 13

    /// First version with sessions.
    private static let firstVersionWithSessions: Int16 = 7

    /// What both sides can speak, given that the ids of all topics are known or not.
    static func version(on connection: BrokerConnection, hasIDs: Bool) throws(TransportError) -> Int16 {
        try connection.version(
            of: FetchRequest.self, atMost: hasIDs ? .max : firstVersionWithIDs - 1)
    }

    /// First version in which the broker answers at once and has the client wait (KIP-219).
    private static let firstVersionThatLeavesWaiting: Int16 = 8

    static func leavesWaiting(_ version: Int16) -> Bool { version >= firstVersionThatLeavesWaiting }
    static func usesSessions(_ version: Int16) -> Bool { version >= firstVersionWithSessions }
    static func usesIDs(_ version: Int16) -> Bool { version >= firstVersionWithIDs }

    static func submit(
        _ plan: FetchSession.Plan, version: Int16, on connection: BrokerConnection,
        configuration: ConsumerConfiguration, timeout: Duration
    ) throws(TransportError) -> PendingResponse<FetchRequest> {
        var request = FetchRequest()
        request.maxWaitMs = Int32(clamping: configuration.maximumWait.milliseconds)
        request.minBytes = Int32(clamping: configuration.minimumFetchBytes)
        request.maxBytes = Int32(clamping: configuration.maximumFetchBytes)
        request.isolationLevel = MartletWire.IsolationLevel(rawValue: configuration.isolationLevel.rawValue)
        request.sessionID = plan.sessionID
        request.sessionEpoch = plan.sessionEpoch
        request.rack = configuration.rack ?? ""
        let partitionBytes = Int32(clamping: configuration.maximumPartitionFetchBytes)
        var places: [TopicName: Int] = [:]
        for (partition, ask) in plan.asks {
            let name = partition.topic
            let place = places[name] ?? request.topics.count
            if place == request.topics.count {
                places[name] = place
                var topic = FetchRequest.Topic()
                topic.name = name
                topic.id = ask.topicID
                request.topics.append(topic)
            }
            var wire = FetchRequest.Partition()
            wire.index = partition.partition
            wire.currentLeaderEpoch = ask.leaderEpoch
            wire.fetchOffset = ask.offset
            wire.maxBytes = partitionBytes
            request.topics[place].partitions.append(wire)
        }
        for (topic, partitions) in Dictionary(grouping: plan.forgotten, by: \.partition.topic) {
            var wire = FetchRequest.ForgottenTopic()
            wire.name = topic
            wire.id = partitions.first?.id ?? .zero
            wire.partitions = partitions.map(\.partition.partition)
            request.forgottenTopics.append(wire)
        }
        return try connection.submit(request, version: version, timeout: timeout + configuration.maximumWait)
    }
}

extension Duration {
    /// Rounded down.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1000 &+ attoseconds / 1_000_000_000_000_000
    }
}
