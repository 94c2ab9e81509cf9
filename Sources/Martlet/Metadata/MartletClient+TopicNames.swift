internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

extension MartletClient {
    /// First version of Metadata that answers for topics by their ids alone.
    private static let firstVersionWithIDs: Int16 = 12

    /// The names of topics; those that nobody knows are left out.
    func topicNames(of ids: [TopicID]) async throws(MartletError) -> [TopicID: TopicName] {
        var known = metadata.names
        let unknown = ids.filter { known[$0] == nil }
        if !unknown.isEmpty {
            try await askForTopics(unknown)
            known = metadata.names
        }
        return ids.reduce(into: [:]) { names, id in names[id] = known[id] }
    }

    private func askForTopics(_ ids: [TopicID]) async throws(MartletError) {
        let connection = try await anyConnection(in: pool)
        let activity = "asking for the names of topics"
        var request = MetadataRequest()
        request.allowAutoTopicCreation = false
        request.topics = ids.map { id in
            MetadataRequest.Topic { topic in
                topic.id = id
                topic.name = nil
            }
        }
        let response: MetadataResponse
        do throws(TransportError) {
            let version = try connection.version(of: MetadataRequest.self)
            // Who gives out ids knows names by id; an older broker is asked for everything.
            if version < Self.firstVersionWithIDs { request.topics = nil }
            response = try await connection.submit(
                request, version: version, timeout: configuration.requestTimeout
            ).value()
        } catch {
            throw MartletError(error, doing: activity)
        }
        let wanted = Set(ids)
        metadataState.withLock { state in
            state.learn(response.topics.filter { wanted.contains($0.id) && $0.errorCode == .none })
        }
    }
}
