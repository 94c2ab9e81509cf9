internal import MartletCoordination
internal import MartletCore
internal import NIOCore

/// What transaction coordinators ask of the rest of the broker.
extension TransactionAccess {
    /// Does an errand for the coordinator on `partition`. `completion` is called once, on `shard`'s loop.
    func perform(
        _ errand: TransactionErrand, for partition: Partition, on shard: Shard,
        _ completion: @escaping (TransactionErrandOutcome) -> Void
    ) {
        switch errand {
        case .writeMarkers(let markers):
            let end = TransactionEnd(
                producer: TransactionalProducer(id: markers.producer, epoch: markers.epoch),
                isEpochBumped: markers.isEpochBumped, isCommit: markers.isCommit,
                coordinatorEpoch: partition.leaderEpoch.rawValue)
            mark(end, in: markers.partitions, from: shard) { codes in completion(.markers(codes)) }
        case .reserveProducerIDs(let count):
            let eventLoop = shard.eventLoop
            let completion = NIOLoopBound(completion, eventLoop: eventLoop)
            control.submit {
                let outcome: TransactionErrandOutcome
                do throws(RequestError) {
                    outcome = .producerIDs(try await controller.allocateProducerIDs(count))
                } catch {
                    outcome = .failed(error.code)
                }
                eventLoop.execute { completion.value(outcome) }
            }
        }
    }

    /// Marks the end of a transaction in all these partitions. `completion` is called once, on `shard`'s
    /// loop, with what became of each: UNKNOWN_TOPIC_OR_PARTITION says for certain that it does not exist.
    func mark(
        _ end: TransactionEnd, in partitions: [TopicPartition], from shard: Shard,
        _ completion: @escaping ([TopicPartition: ErrorCode]) -> Void
    ) {
        typealias Outcome = (partition: TopicPartition, code: ErrorCode)
        let eventLoop = shard.eventLoop
        let gathering = NIOLoopBound(
            Gathering<Outcome>(partitions.count) { outcomes in
                completion(Dictionary(outcomes.map { ($0.partition, $0.code) }) { first, _ in first })
            }, eventLoop: eventLoop)
        for partition in partitions {
            let take = { @Sendable (code: ErrorCode) in
                eventLoop.execute { gathering.value.take((partition, code)) }
            }
            guard let topic = shard.image.topics[partition.topic],
                topic.partitions.indices.contains(Int(partition.partition))
            else {
                checkExistence(of: partition, take)
                continue
            }
            let (id, index) = (topic.id, partition.partition)
            router[router.owner(of: id, index)].execute { shard in
                shard.endTransaction(end, in: id, index, take)
            }
        }
    }

    /// A shard may not have heard yet of a topic that was made just now. To take it for deleted would leave
    /// its transaction open for ever.
    private func checkExistence(
        of partition: TopicPartition, _ completion: @escaping @Sendable (ErrorCode) -> Void
    ) {
        control.submit {
            let topic = await controller.image.topics[partition.topic]
            let exists = topic?.partitions.indices.contains(Int(partition.partition)) ?? false
            completion(exists ? .notLeaderOrFollower : .unknownTopicOrPartition)
        }
    }
}
