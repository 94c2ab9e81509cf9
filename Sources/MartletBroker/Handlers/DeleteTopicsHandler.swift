internal import MartletCore
internal import MartletWire

/// DeleteTopics: deletes topics, by name or by id, with their data.
struct DeleteTopicsHandler: ControlHandler {
    let controller: Controller

    func handle(_ request: DeleteTopicsRequest, from client: Client) async -> DeleteTopicsResponse {
        var response = DeleteTopicsResponse()
        let asked = request.asked
        let counts = asked.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        var answered: Set<Asked> = []
        for topic in asked where answered.insert(topic).inserted {
            var answer = DeleteTopicsResponse.Topic()
            answer.name = topic.name
            answer.id = topic.id
            do throws(RequestError) {
                guard counts[topic] == 1 else {
                    throw RequestError(.invalidRequest, "The topic is in the request more than once.")
                }
                let found = try await find(topic)
                answer.name = found.name
                answer.id = found.id
                try await controller.deleteTopic(found.id)
            } catch {
                answer.errorCode = error.code
                answer.errorMessage = error.message
            }
            response.topics.append(answer)
        }
        return response
    }

    /// How a request names a topic: by name or by id.
    fileprivate struct Asked: Hashable {
        let name: TopicName?
        let id: TopicID
    }

    private func find(_ asked: Asked) async throws(RequestError) -> MetadataImage.Topic {
        let image = await controller.image
        if let name = asked.name {
            guard asked.id == .zero else {
                throw RequestError(.invalidRequest, "A topic is named by its name or by its id, not by both.")
            }
            guard let topic = image.topics[name] else { throw .unknownTopic(name) }
            return topic
        }
        guard asked.id != .zero else {
            throw RequestError(.invalidRequest, "A topic needs a name or an id.")
        }
        guard let topic = image[asked.id] else {
            throw RequestError(.unknownTopicID, "There is no topic with id \(asked.id).")
        }
        return topic
    }
}

extension DeleteTopicsRequest {
    /// What is asked for: before version 6 there was a list of names.
    fileprivate var asked: [DeleteTopicsHandler.Asked] {
        topics.map { DeleteTopicsHandler.Asked(name: $0.name, id: $0.id) }
            + topicNames.map { DeleteTopicsHandler.Asked(name: $0, id: .zero) }
    }
}
