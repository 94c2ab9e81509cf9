internal import MartletCore
internal import MartletLog
internal import MartletWire

/// DescribeProducers: the idempotent producers that a partition remembers (KIP-664).
struct DescribeProducersHandler: ControlHandler {
    let partitions: PartitionAccess

    func handle(_ request: DescribeProducersRequest, from client: Client) async -> DescribeProducersResponse {
        var response = DescribeProducersResponse()
        var answered: Set<TopicPartition> = []
        // A few bytes ask for thousands of producers, so each partition is described once.
        for topic in request.topics {
            var answer = DescribeProducersResponse.Topic()
            answer.name = topic.name
            for index in topic.partitions
            where answered.insert(TopicPartition(topic.name, index)).inserted {
                answer.partitions.append(await describe(topic.name, index))
            }
            if !answer.partitions.isEmpty { response.topics.append(answer) }
        }
        return response
    }

    private func describe(
        _ topic: TopicName, _ index: PartitionIndex
    ) async -> DescribeProducersResponse.Partition {
        var answer = DescribeProducersResponse.Partition()
        answer.index = index
        do throws(RequestError) {
            let entries = try await partitions.ask(topic, index, .none) { $0.log.producers.entries }
            answer.producers = entries.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }
        } catch {
            answer.errorCode = error.code
            answer.errorMessage = error.message
        }
        return answer
    }
}

extension DescribeProducersResponse.ProducerState {
    fileprivate init(_ id: ProducerID, _ entry: ProducerEntry) {
        self.init()
        producerID = id
        producerEpoch = Int32(entry.epoch.rawValue)
        lastSequence = entry.lastBatch?.lastSequence ?? -1
        lastTimestamp = entry.lastBatch?.timestamp.rawValue ?? -1
        coordinatorEpoch = entry.coordinatorEpoch
        transactionStartOffset = entry.openTransactionStart ?? .none
    }
}
