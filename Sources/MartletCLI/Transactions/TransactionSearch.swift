internal import Martlet

/// What the commands that look into partitions for transactions have in common.
enum TransactionSearch {
    /// The partitions that somebody chose.
    static func partitions(
        _ selections: [PartitionSelection], of admin: Admin
    ) async throws -> [TopicPartition] {
        var partitions: Set<TopicPartition> = []
        for selection in selections {
            let known = try await admin.describeTopic(selection.topic).partitions.map(\.index)
            if let missing = selection.partitions?.first(where: { !known.contains($0) }) {
                throw CommandFailure(
                    "topic \(selection.topic) has partitions 0 to \(known.count - 1), not \(missing)")
            }
            for index in selection.partitions ?? known {
                partitions.insert(TopicPartition(selection.topic, index))
            }
        }
        return partitions.sorted()
    }

    static func write(_ producer: ProducerDescription, to json: inout OutputBuffer) {
        json.field("producerId", producer.id.rawValue)
        json.field("producerEpoch", producer.epoch.rawValue)
        json.field("lastSequence", producer.lastSequence)
        json.field("lastTimestamp", producer.lastTimestamp?.rawValue)
        json.field("coordinatorEpoch", producer.coordinatorEpoch)
        json.field("startOffset", producer.transactionStart?.rawValue)
    }
}
