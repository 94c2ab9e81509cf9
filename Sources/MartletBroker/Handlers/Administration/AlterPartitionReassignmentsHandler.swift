internal import MartletCore
internal import MartletWire

/// AlterPartitionReassignments: moves partitions to other brokers. Only where they are is a place for them.
struct AlterPartitionReassignmentsHandler: ControlHandler {
    let controller: Controller

    func handle(
        _ request: AlterPartitionReassignmentsRequest, from client: Client
    ) async -> AlterPartitionReassignmentsResponse {
        let image = await controller.image
        var response = AlterPartitionReassignmentsResponse()
        response.allowReplicationFactorChange = request.allowReplicationFactorChange
        for topic in request.topics {
            var answer = AlterPartitionReassignmentsResponse.Topic()
            answer.name = topic.name
            for partition in topic.partitions {
                var result = AlterPartitionReassignmentsResponse.Partition()
                result.index = partition.index
                do throws(RequestError) {
                    try check(partition, of: image.topics[topic.name], topic.name, request)
                } catch {
                    result.errorCode = error.code
                    result.errorMessage = error.message
                }
                answer.partitions.append(result)
            }
            response.topics.append(answer)
        }
        return response
    }

    private func check(
        _ partition: AlterPartitionReassignmentsRequest.Partition, of topic: MetadataImage.Topic?,
        _ name: TopicName, _ request: AlterPartitionReassignmentsRequest
    ) throws(RequestError) {
        guard let topic, topic.partitions.indices.contains(Int(partition.index)) else {
            throw RequestError(
                .unknownTopicOrPartition, "There is no partition \(name)-\(partition.index).")
        }
        guard let replicas = partition.replicas else {
            throw RequestError(.noReassignmentInProgress, "The partition is not being moved.")
        }
        if replicas == [controller.environment.brokerID] { return }
        if !request.allowReplicationFactorChange, replicas.count > 1 {
            throw RequestError(.invalidReplicationFactor, "There is 1 broker, and so 1 copy.")
        }
        throw RequestError(
            .invalidReplicaAssignment, "Broker \(controller.environment.brokerID) is the only one there is.")
    }
}
