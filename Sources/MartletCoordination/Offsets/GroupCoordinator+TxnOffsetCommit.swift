package import MartletCore
package import MartletWire

/// Producers store how far the groups have come whose records they work off (KIP-447).
///
/// The offsets are noted as pending, in a batch of the producer's transaction. What has become of it is known
/// when its mark is in the log of this coordinator, behind them.
extension GroupCoordinator {
    /// Whoever calls has made sure that the transaction is open and has this partition in it, and that
    /// the producer's epoch is the current one: the log refuses the batch otherwise.
    package func txnOffsetCommit(_ request: TxnOffsetCommitRequest, _ call: Call) {
        let storage = OffsetStorage(
            group: request.group, usesTopicIDs: call.version >= 6, producer: request.producerID,
            now: call.now)
        let codes = store(request.topics, storage) { refuseCommit(request, call) }
        if !effects.records.isEmpty {
            effects.producer = TransactionalProducer(id: request.producerID, epoch: request.producerEpoch)
        }
        var response = TxnOffsetCommitResponse()
        response.topics = zip(request.topics, codes).map { topic, codes in
            var answer = TxnOffsetCommitResponse.Topic()
            answer.name = topic.name
            answer.id = topic.id
            answer.partitions = zip(topic.partitions, codes).map { partition, code in
                var answer = TxnOffsetCommitResponse.Partition()
                answer.index = partition.index
                answer.errorCode = code
                return answer
            }
            return answer
        }
        reply(call.ticket, response)
    }

    /// Why the group does not take offsets from who asks. The session of a member is none of the producer's
    /// business.
    private func refuseCommit(_ request: TxnOffsetCommitRequest, _ call: Call) -> ErrorCode? {
        if request.group.rawValue.isEmpty { return .invalidGroupID }
        // A batch without a producer could never be told from one that counts at once.
        if request.producerID < ProducerID(rawValue: 0) { return .invalidProducerIDMapping }
        guard let group = groups[request.group] else {
            return request.generation < GenerationID(rawValue: 0) ? nil : .illegalGeneration
        }
        var committer = OffsetCommitter(version: call.version, isTransactional: true)
        committer.member = request.member
        committer.instance = request.instance
        committer.epoch = request.generation.rawValue
        let error = group.coordinated.validateOffsetCommit(committer)
        // Producers know of generations alone, whatever protocol the group speaks.
        return error == .staleMemberEpoch ? .illegalGeneration : error
    }

    // MARK: Records

    /// Notes a record of a transaction, and that it is pending.
    func append(_ record: CoordinatorRecord, of producer: ProducerID) {
        effects.records.append(record)
        apply(record, of: producer)
    }

    /// Takes over a record of a transaction. Nothing but offsets waits for its end.
    package func apply(_ record: CoordinatorRecord, of producer: ProducerID) {
        guard case .offset(let key, let value?) = record else { return apply(record) }
        offsets.apply(key, value, of: producer)
        makeGroup(key.group)
    }

    /// The mark that ends the transaction of a producer is in the log.
    package func transactionEnded(_ producer: ProducerID, isCommit: Bool, now: Timestamp) {
        offsets.end(producer, isCommit: isCommit)
    }
}
