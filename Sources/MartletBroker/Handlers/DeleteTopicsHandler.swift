internal import MartletCore
internal import MartletWire

/// DeleteTopics: deletes topics, by name or by id, with their data.
struct DeleteTopicsHandler: ControlHandler {
    let controller: Controller

    func handle(_ request: DeleteTopicsRequest, from client: Client) async -> DeleteTopicsResponse {
        var response = DeleteTopicsResponse()
        for asked in request.asked {
            var answer = DeleteTopicsResponse.Topic()
            answer.name = asked.name
            answer.id = asked.id
            do throws(RequestError) {
                let topic = try await find(asked)
                answer.name = topic.name
                answer.id = topic.id
                try await controller.deleteTopic(topic.id)
            } catch {
                answer.errorCode = error.code
                answer.errorMessage = error.message
            }
            response.topics.append(answer)
        }
        return response
    }

    private func find(_ asked: DeleteTopicsRequest.Topic) async throws(RequestError) -> MetadataImage.Topic {
        let image = await controller.image
        if let name = asked.name {
            guard let topic = image.topics[name] else { throw .unknownTopic(name) }
            return topic
        }
        guard let topic = image[asked.id] else {
            throw RequestError(.unknownTopicID, "There is no topic with id \(asked.id).")
        }
        return topic
    }
}

extension DeleteTopicsRequest {
    /// What is asked for, in the form of the newest version: before 6 there was a list of names.
    fileprivate var asked: [Topic] {
        topics
            + topicNames.map { name in
                var topic = Topic()
                topic.name = name
                return topic
            }
    }
}
