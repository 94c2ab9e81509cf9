internal import MartletCore
internal import MartletWire

/// DescribeTopicPartitions: topics and their partitions, page by page, in the order of their names (KIP-966).
struct DescribeTopicPartitionsHandler: ControlHandler {
    let controller: Controller

    /// Partitions in one response, whatever the client asks for.
    private static let largestPage = 2_000

    func handle(
        _ request: DescribeTopicPartitionsRequest, from client: Client
    ) async -> DescribeTopicPartitionsResponse {
        let image = await controller.image
        var page = Page(room: min(max(1, Int(request.partitionLimit)), Self.largestPage))
        for name in names(request, image) {
            let first = request.cursor?.topic == name ? Int(max(0, request.cursor?.partition ?? 0)) : 0
            guard page.add(image.topics[name], name, from: first) else { break }
        }
        return page.response
    }

    private func names(_ request: DescribeTopicPartitionsRequest, _ image: MetadataImage) -> [TopicName] {
        let asked = request.topics.isEmpty ? Set(image.topics.keys) : Set(request.topics.map(\.name))
        let first = request.cursor?.topic
        return asked.sorted().filter { name in first.map { name >= $0 } ?? true }
    }

    private struct Page {
        var room: Int
        var response = DescribeTopicPartitionsResponse()

        /// Adds what fits of the topic; false if the page is full before its end.
        mutating func add(_ topic: MetadataImage.Topic?, _ name: TopicName, from first: Int) -> Bool {
            guard room > 0 else { return stop(at: name, first) }
            var answer = DescribeTopicPartitionsResponse.Topic()
            answer.name = name
            guard let topic else {
                answer.errorCode = name.isValid ? .unknownTopicOrPartition : .invalidTopicException
                response.topics.append(answer)
                return true
            }
            answer.id = topic.id
            answer.isInternal = topic.isInternal
            answer.authorizedOperations = .allOnTopic
            let end = min(topic.partitions.count, first + room)
            for index in first..<max(first, end) {
                answer.partitions.append(.init(index, topic.partitions[index]))
            }
            room -= answer.partitions.count
            response.topics.append(answer)
            return end < topic.partitions.count ? stop(at: name, end) : true
        }

        private mutating func stop(at topic: TopicName, _ partition: Int) -> Bool {
            var cursor = DescribeTopicPartitionsResponse.Cursor()
            cursor.topic = topic
            cursor.partition = PartitionIndex(partition)
            response.nextCursor = cursor
            return false
        }
    }
}

extension DescribeTopicPartitionsResponse.Partition {
    fileprivate init(_ index: Int, _ partition: MetadataImage.Partition) {
        self.init()
        self.index = PartitionIndex(index)
        leader = partition.leader
        leaderEpoch = partition.leaderEpoch
        replicas = partition.replicas
        inSyncReplicas = partition.inSyncReplicas
    }
}
