internal import MartletCore
internal import MartletLog
internal import MartletWire

/// DescribeLogDirs: how much disk each partition takes, and how much there is.
struct DescribeLogDirsHandler: ControlHandler {
    let partitions: PartitionAccess

    func handle(_ request: DescribeLogDirsRequest, from client: Client) async -> DescribeLogDirsResponse {
        var directory = DescribeLogDirsResponse.Directory()
        directory.path = partitions.storage.path
        do throws(RequestError) {
            let space = try await space()
            directory.totalBytes = space.total
            directory.usableBytes = space.usable
        } catch {
            directory.errorCode = error.code
        }
        for (topic, indexes) in await asked(request) {
            var answer = DescribeLogDirsResponse.Topic()
            answer.name = topic
            for index in indexes {
                // Partitions that are offline are in no directory, as far as clients are told.
                guard let size = await size(of: topic, index) else { continue }
                answer.partitions.append(
                    DescribeLogDirsResponse.Partition {
                        $0.index = index
                        $0.size = size
                    })
            }
            if !answer.partitions.isEmpty { directory.topics.append(answer) }
        }
        var response = DescribeLogDirsResponse()
        response.directories = [directory]
        return response
    }

    /// What was asked for and is there, each once.
    private func asked(_ request: DescribeLogDirsRequest) async -> [(TopicName, [PartitionIndex])] {
        let image = await partitions.controller.image
        guard let topics = request.topics else {
            return image.topics.values.sorted { $0.name < $1.name }.map { topic in
                (topic.name, topic.partitions.indices.map { PartitionIndex($0) })
            }
        }
        var named: [TopicName: Set<PartitionIndex>] = [:]
        for topic in topics {
            let count = image.topics[topic.name]?.partitions.count ?? 0
            named[topic.name, default: []].formUnion(
                topic.partitions.filter { (0..<count).contains(Int($0)) })
        }
        return named.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted()) }
    }

    private func space() async throws(RequestError) -> (total: Int64, usable: Int64) {
        let storage = partitions.storage
        do {
            return try await partitions.disk.run {
                (
                    try storage.fileSystem.totalByteCount(at: storage.path),
                    try storage.fileSystem.availableByteCount(at: storage.path)
                )
            }
        } catch {
            throw RequestError(.kafkaStorageError, "\(error)")
        }
    }

    private func size(of topic: TopicName, _ index: PartitionIndex) async -> Int64? {
        do throws(RequestError) {
            let snapshot = try await partitions.ask(topic, index, .none) { $0.snapshot() }
            return try await partitions.look(snapshot) { log throws(LogError) in try log.byteCount() }
        } catch {
            return nil
        }
    }
}
