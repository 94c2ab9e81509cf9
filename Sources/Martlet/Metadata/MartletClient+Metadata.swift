internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

extension MartletClient {
    /// What is known now.
    var metadata: ClusterMetadata { metadataState.withLock { $0.metadata } }

    /// Asks a broker for the state of all topics in use. Tasks that ask at the same time share the answer.
    func refreshMetadata() async throws(MartletError) {
        try await refreshing.run { () async throws(MartletError) in
            let wanted = metadataState.withLock { $0.wanted }
            // One request may create topics, the other must not.
            let creatable = wanted.filter(\.value).map(\.key)
            let others = wanted.filter { !$0.value }.map(\.key)
            if !creatable.isEmpty { try await ask(about: creatable, allowsCreation: true) }
            if !others.isEmpty || creatable.isEmpty { try await ask(about: others, allowsCreation: false) }
        }
    }

    /// Asks for the brokers of the cluster, and again, within the configured time, while nobody answers.
    func findBrokers() async throws(MartletError) {
        try await retrying(within: configuration.metadataTimeout) { () async throws(MartletError) in
            try await self.refreshMetadata()
        }
    }

    private func ask(about topics: [TopicName], allowsCreation: Bool) async throws(MartletError) {
        let connection = try await anyConnection(in: pool)
        var request = MetadataRequest()
        request.topics = topics.map { name in
            var topic = MetadataRequest.Topic()
            topic.name = name
            return topic
        }
        request.allowAutoTopicCreation = allowsCreation
        let response: MetadataResponse
        do {
            response = try await connection.send(request, timeout: configuration.requestTimeout)
        } catch {
            throw MartletError(error, doing: "asking \(connection.address) for metadata")
        }
        if response.errorCode == .rebootstrapRequired {
            // The broker says that what we know of the cluster leads nowhere (KIP-1102).
            metadataState.withLock { $0.metadata.forgetBrokers() }
            pool.drop()
            throw MartletError(
                .connectionFailed, "\(connection.address) asks for a new start with the bootstrap servers",
                isRetriable: true)
        }
        guard response.errorCode == .none else {
            throw .broker(response.errorCode, nil, doing: "asking \(connection.address) for metadata")
        }
        metadataState.withLock { state in
            var metadata = state.metadata
            metadata.apply(response)
            state.didRefresh(metadata, at: .now)
        }
    }

    /// A topic's partitions: what is known, or else what the brokers say within the configured time.
    func topic(
        _ name: TopicName, allowsCreation: Bool
    ) async throws(MartletError) -> ClusterMetadata.Topic {
        guard name.isValid else {
            throw MartletError(
                .invalidArgument,
                "\"\(name)\" is no topic name; use 1 to \(TopicName.maximumLength) of the characters a-z A-Z 0-9 . _ -"
            )
        }
        let started = ContinuousClock.now
        var unknownSince: ContinuousClock.Instant?
        var backoff = Backoff(configuration.retry)
        while true {
            if let topic = metadata.topics[name], !topic.partitions.isEmpty { return topic }
            metadataState.withLock { $0.want(name, allowsCreation: allowsCreation) }
            var failure: MartletError
            do {
                try await refreshMetadata()
                if let topic = metadata.topics[name], !topic.partitions.isEmpty { return topic }
                // The answer that we shared was to a question from before ours.
                let isKnown = metadata.topics[name] != nil
                let code = metadata.topicErrors[name] ?? (isKnown ? .leaderNotAvailable : .none)
                if code == .none { continue }
                failure = topicFailure(name, code, allowsCreation: allowsCreation)
            } catch {
                failure = error
            }
            let now = ContinuousClock.now
            let wait = backoff.next()
            var deadline = started + configuration.metadataTimeout
            if failure.code == .unknownTopic {
                unknownSince = unknownSince ?? now
                deadline = min(deadline, (unknownSince ?? now) + configuration.topicTimeout)
            }
            guard failure.isRetriable, now + wait < deadline else { throw failure }
            try await pause(wait)
        }
    }

    private func topicFailure(
        _ name: TopicName, _ code: ErrorCode, allowsCreation: Bool
    ) -> MartletError {
        code == .unknownTopicOrPartition
            ? .unknownTopic(name, allowsCreation: allowsCreation)
            : .broker(code, nil, doing: "looking for topic \"\(name)\"")
    }

    /// The leader of a partition, looked for within the configured time.
    func leader(of partition: TopicPartition) async throws(MartletError) -> BrokerID {
        let topic = try await topic(partition.topic, allowsCreation: false)
        guard topic.partitions.indices.contains(Int(partition.partition)) else {
            throw MartletError(
                .unknownPartition,
                "topic \(partition.topic) has partitions 0 to \(topic.partitions.count - 1), not \(partition.partition)"
            )
        }
        return try await retrying(within: configuration.metadataTimeout) { () async throws(MartletError) in
            if let leader = self.metadata.leader(of: partition) { return leader }
            try await self.refreshMetadata()
            if let leader = self.metadata.leader(of: partition) { return leader }
            throw .broker(.leaderNotAvailable, nil, doing: "looking for the leader of \(partition)")
        }
    }
}
