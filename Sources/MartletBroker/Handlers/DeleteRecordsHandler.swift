internal import MartletCore
internal import MartletWire

/// DeleteRecords: moves the start of partitions, and so gives up the records before it.
struct DeleteRecordsHandler: ControlHandler {
    let partitions: PartitionAccess

    func handle(_ request: DeleteRecordsRequest, from client: Client) async -> DeleteRecordsResponse {
        var response = DeleteRecordsResponse()
        for topic in request.topics {
            var answer = DeleteRecordsResponse.Topic()
            answer.name = topic.name
            for partition in topic.partitions {
                answer.partitions.append(await delete(partition, of: topic.name))
            }
            response.topics.append(answer)
        }
        return response
    }

    private func delete(
        _ asked: DeleteRecordsRequest.Partition, of topic: TopicName
    ) async -> DeleteRecordsResponse.Partition {
        var answer = DeleteRecordsResponse.Partition()
        answer.index = asked.index
        do throws(RequestError) {
            answer.lowWatermark = try await partitions.deleteRecords(
                of: topic, asked.index, before: asked.offset)
        } catch {
            answer.lowWatermark = .none
            answer.errorCode = error.code
        }
        return answer
    }
}
