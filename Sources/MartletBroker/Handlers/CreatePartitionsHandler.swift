internal import MartletCore
internal import MartletWire

/// CreatePartitions: raises the number of partitions of topics.
struct CreatePartitionsHandler: ControlHandler {
    let controller: Controller

    func handle(_ request: CreatePartitionsRequest, from client: Client) async -> CreatePartitionsResponse {
        var response = CreatePartitionsResponse()
        let names = Repetitions(request.topics.map(\.name))
        for topic in request.topics {
            var answer = CreatePartitionsResponse.Topic()
            answer.name = topic.name
            do throws(RequestError) {
                try names.check(topic.name, "a topic")
                try await check(topic)
                try await controller.addPartitions(
                    topic.name, to: Int(topic.partitionCount), isDryRun: request.validateOnly
                )
            } catch {
                answer.errorCode = error.code
                answer.errorMessage = error.message
            }
            response.topics.append(answer)
        }
        return response
    }

    /// Explicit assignments may only say what is the case anyway.
    private func check(_ topic: CreatePartitionsRequest.Topic) async throws(RequestError) {
        guard let assignments = topic.assignments else { return }
        let current = await controller.image.topics[topic.name]?.partitions.count ?? 0
        guard assignments.count == Int(topic.partitionCount) - current,
            assignments.allSatisfy({ $0.replicas == [controller.environment.brokerID] })
        else {
            throw RequestError(
                .invalidReplicaAssignment,
                "Each new partition needs one assignment, to broker \(controller.environment.brokerID)."
            )
        }
    }
}
