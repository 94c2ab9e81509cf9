internal import MartletCore
internal import MartletWire

/// How a transaction stands in the log.
extension Transaction {
    init(_ value: TransactionValue) {
        producer = TransactionalProducer(id: value.producerID, epoch: value.producerEpoch)
        if value.nextProducerID != .none {
            let epoch = ProducerEpoch(rawValue: max(0, value.nextProducerEpoch.rawValue))
            next = TransactionalProducer(id: value.nextProducerID, epoch: epoch)
        }
        if value.lastProducerEpoch != .none {
            previous = TransactionalProducer(id: value.previousProducerID, epoch: value.lastProducerEpoch)
        }
        timeoutMs = value.timeoutMs
        // What is never stored may still be read: fencing belongs to a transaction that was not ended.
        status = value.status == .prepareEpochFence ? .ongoing : value.status
        for topic in value.partitions ?? [] {
            partitions.formUnion(topic.partitions.map { TopicPartition(topic.name, $0) })
        }
        startTimestamp = value.startTimestamp
        lastUpdateTimestamp = value.lastUpdateTimestamp
        clientTransactionVersion = value.clientTransactionVersion
    }

    var value: TransactionValue {
        TransactionValue {
            $0.producerID = producer.id
            $0.producerEpoch = producer.epoch
            $0.timeoutMs = timeoutMs
            $0.status = status
            $0.partitions = status == .empty ? nil : topics
            $0.lastUpdateTimestamp = lastUpdateTimestamp
            $0.startTimestamp = startTimestamp
            $0.previousProducerID = previous?.id ?? .none
            $0.lastProducerEpoch = previous?.epoch ?? .none
            $0.nextProducerID = next?.id ?? .none
            // An id without an epoch is one that begins when the transaction is complete.
            let isFirst = status.isPrepared && next?.epoch.rawValue == 0
            $0.nextProducerEpoch = isFirst ? .none : next?.epoch ?? .none
            $0.clientTransactionVersion = clientTransactionVersion
        }
    }

    /// The partitions by topic, in order.
    var topics: [TransactionValue.Topic] {
        var topics: [TransactionValue.Topic] = []
        for partition in partitions.sorted() {
            if topics.last?.name != partition.topic {
                topics.append(.init { $0.name = partition.topic })
            }
            topics[topics.count - 1].partitions.append(partition.partition)
        }
        return topics
    }
}
