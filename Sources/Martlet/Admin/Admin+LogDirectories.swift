public import MartletCore
internal import MartletTransport
internal import MartletWire

/// A directory in which a broker keeps partitions.
public struct LogDirectory: Sendable {
    public var broker: BrokerID
    public var path: String
    /// Size of the volume, if the broker says.
    public var totalBytes: Int64?
    /// Free space of the volume, if the broker says.
    public var usableBytes: Int64?
    /// Bytes of all segments of each partition.
    public var sizes: [TopicPartition: Int64]
    /// Why the directory cannot be used.
    public var error: MartletError?
}

extension Admin {
    /// Where the brokers keep partitions, and how large these are.
    ///
    /// - Parameter topics: Nil for all. Partitions are named by the topics' descriptions, which are asked
    ///   for.
    public func logDirectories(topics: [TopicName]? = nil) async throws(MartletError) -> [LogDirectory] {
        var request = DescribeLogDirsRequest()
        if let topics {
            var wanted: [DescribeLogDirsRequest.Topic] = []
            for (name, result) in try await describeTopics(topics) {
                let partitions = try result.get().partitions.map(\.index)
                wanted.append(
                    DescribeLogDirsRequest.Topic { topic in
                        topic.name = name
                        topic.partitions = partitions
                    })
            }
            request.topics = wanted
        }
        try await client.findBrokers()
        var directories: [LogDirectory] = []
        for broker in client.metadata.brokers.keys.sorted() {
            let activity = "asking broker \(broker) for its log directories"
            let response = try await client.send(request, to: .broker(broker), doing: activity)
            guard response.errorCode == .none else {
                throw .broker(response.errorCode, nil, doing: activity)
            }
            for directory in response.directories {
                directories.append(LogDirectory(directory, of: broker, doing: activity))
            }
        }
        return directories
    }
}

extension LogDirectory {
    fileprivate init(
        _ directory: DescribeLogDirsResponse.Directory, of broker: BrokerID, doing activity: String
    ) {
        self.broker = broker
        path = directory.path
        totalBytes = directory.totalBytes >= 0 ? directory.totalBytes : nil
        usableBytes = directory.usableBytes >= 0 ? directory.usableBytes : nil
        sizes = [:]
        for topic in directory.topics {
            for partition in topic.partitions where !partition.isFuture {
                sizes[TopicPartition(topic.name, partition.index)] = partition.size
            }
        }
        error =
            directory.errorCode == .none
            ? nil : .broker(directory.errorCode, nil, doing: "\(activity), \(directory.path)")
    }
}
