internal import MartletCore
internal import MartletWire

/// OffsetForLeaderEpoch: where the records of a leader ended, so that a client can tell whether what it read
/// is still part of the log.
struct OffsetForLeaderEpochHandler: ControlHandler {
    let partitions: PartitionAccess

    func handle(_ request: OffsetForLeaderEpochRequest, from client: Client) async
        -> OffsetForLeaderEpochResponse
    {
        var response = OffsetForLeaderEpochResponse()
        for topic in request.topics {
            var answer = OffsetForLeaderEpochResponse.Topic()
            answer.name = topic.name
            for partition in topic.partitions {
                answer.partitions.append(await look(for: partition, in: topic.name))
            }
            response.topics.append(answer)
        }
        return response
    }

    private func look(
        for asked: OffsetForLeaderEpochRequest.Partition, in topic: TopicName
    ) async -> OffsetForLeaderEpochResponse.Partition {
        var answer = OffsetForLeaderEpochResponse.Partition()
        answer.index = asked.index
        do throws(RequestError) {
            let epoch = asked.leaderEpoch
            let found = try await partitions.ask(topic, asked.index, asked.currentLeaderEpoch) { partition in
                partition.endOffset(for: epoch)
            }
            answer.leaderEpoch = found.epoch
            answer.endOffset = found.endOffset
        } catch {
            answer.errorCode = error.code
        }
        return answer
    }
}
