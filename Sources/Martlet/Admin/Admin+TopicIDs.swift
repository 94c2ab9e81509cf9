internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// Topics by their ids (KIP-516), which no other topic will ever have.
extension Admin {
    /// First versions that know topics by their ids alone.
    private static let firstMetadataVersion: Int16 = 12
    private static let firstDeletionVersion: Int16 = 6

    /// Topics and their partitions, by the topics' ids.
    ///
    /// - Returns: For each id; `broker(.unknownTopicID)` where there is none.
    /// - Throws: `unsupportedByBroker` if the broker is too old to look for ids (before Metadata 12).
    public func describeTopics(
        ids: [TopicID]
    ) async throws(MartletError) -> [TopicID: Result<TopicDescription, MartletError>] {
        guard !ids.isEmpty else { return [:] }
        let activity = "describing topics by their ids"
        let request = MetadataRequest { request in
            request.allowAutoTopicCreation = false
            request.topics = ids.map { id in
                MetadataRequest.Topic { topic in
                    topic.id = id
                    topic.name = nil
                }
            }
        }
        let response = try await send(request, doing: activity, atLeastVersion: Self.firstMetadataVersion)
        try Self.outcome(response.errorCode, nil, doing: activity).get()
        var results: [TopicID: Result<TopicDescription, MartletError>] = [:]
        for topic in response.topics {
            let outcome = Self.outcome(topic.errorCode, nil, doing: "describing topic \(topic.id)")
            results[topic.id] = outcome.map { TopicDescription(topic.name ?? "", topic) }
        }
        return results
    }

    /// Deletes topics and all their records, by the topics' ids: a topic that was created anew under the same
    /// name stays.
    ///
    /// - Throws: `unsupportedByBroker` if the broker is too old for it (before DeleteTopics 6).
    public func deleteTopics(
        ids: [TopicID]
    ) async throws(MartletError) -> [TopicID: Result<Void, MartletError>] {
        guard !ids.isEmpty else { return [:] }
        let request = DeleteTopicsRequest { request in
            request.timeoutMs = timeoutMs
            request.topics = ids.map { id in
                DeleteTopicsRequest.Topic { topic in
                    topic.id = id
                    topic.name = nil
                }
            }
        }
        let response = try await sendToController(
            request, doing: "deleting topics by their ids", atLeastVersion: Self.firstDeletionVersion
        ) { $0.topics.first?.errorCode }
        var results: [TopicID: Result<Void, MartletError>] = [:]
        for topic in response.topics {
            results[topic.id] = Self.outcome(
                topic.errorCode, topic.errorMessage, doing: "deleting topic \(topic.id)")
        }
        return results
    }
}
