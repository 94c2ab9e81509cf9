public import MartletCore
internal import MartletTransport
internal import MartletWire

extension Admin {
    /// Partitions that one request asks for.
    private static let maximumPartitions = 500

    /// The producers that partitions remember, by id.
    public func describeProducers(
        of partitions: [TopicPartition]
    ) async throws(MartletError) -> [TopicPartition: Result<[ProducerDescription], MartletError>] {
        try await client.askLeaders(of: Set(partitions)) { leader, partitions async throws(MartletError) in
            var results: [TopicPartition: Result<[ProducerDescription], MartletError>] = [:]
            var rest = partitions[...]
            while !rest.isEmpty {
                let part = rest.prefix(Self.maximumPartitions)
                rest = rest.dropFirst(part.count)
                let answers = try await describeProducers(of: Array(part), leader: leader)
                results.merge(answers) { _, new in new }
            }
            return results
        }
    }

    private func describeProducers(
        of partitions: [TopicPartition], leader: BrokerID
    ) async throws(MartletError) -> [TopicPartition: Result<[ProducerDescription], MartletError>] {
        let request = DescribeProducersRequest { request in
            request.topics = Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }.map {
                topic, partitions in
                DescribeProducersRequest.Topic { wire in
                    wire.name = topic
                    wire.partitions = partitions.map(\.partition)
                }
            }
        }
        let response = try await client.send(
            request, to: .broker(leader), doing: "asking broker \(leader) for the producers of partitions")
        var results: [TopicPartition: Result<[ProducerDescription], MartletError>] = [:]
        for topic in response.topics {
            for answer in topic.partitions {
                let partition = TopicPartition(topic.name, answer.index)
                let outcome = Self.outcome(
                    answer.errorCode, answer.errorMessage, doing: "asking for the producers of \(partition)")
                results[partition] = outcome.map {
                    answer.producers.map(ProducerDescription.init).sorted { $0.id < $1.id }
                }
            }
        }
        return results
    }

    /// The transactions that are open in partitions, in the order of the partitions and their offsets.
    ///
    /// Only the partitions are asked: `OpenTransaction.id` is not known.
    public func openTransactions(
        in partitions: [TopicPartition]
    ) async throws(MartletError) -> [OpenTransaction] {
        var open: [OpenTransaction] = []
        for (partition, result) in try await describeProducers(of: partitions) {
            open += try result.get().compactMap { OpenTransaction($0, in: partition) }
        }
        return open.sorted { ($0.partition, $0.start) < ($1.partition, $1.start) }
    }

    /// Transactions that are open in a partition while no coordinator is going to end them, so that readers
    /// of committed records wait in front of them for ever (KIP-664).
    ///
    /// Such a transaction is left behind by faults of brokers or clients. `abortTransaction` ends it.
    ///
    /// - Parameters:
    ///   - partitions: Nil for all of the cluster.
    ///   - age: How long the producer has been silent. A shorter time than the longest time-out of a
    ///     transaction costs more requests and finds no more.
    public func findHangingTransactions(
        in partitions: [TopicPartition]? = nil, silentFor age: Duration = .seconds(900)
    ) async throws(MartletError) -> [OpenTransaction] {
        var searched: [TopicPartition] = []
        if let partitions {
            searched = partitions
        } else {
            for topic in try await listTopics(includesInternal: true) {
                searched += topic.partitions.map { TopicPartition(topic.name, $0.index) }
            }
        }
        let oldest = Timestamp.now() - age.milliseconds
        let candidates = try await openTransactions(in: searched).filter { transaction in
            transaction.producer.lastTimestamp.map { $0 <= oldest } ?? true
        }
        let hanging = HangingTransactions.among(candidates, try await coordinated(candidates))
        guard !hanging.isEmpty else { return [] }
        // One may have been ended in order between the two questions.
        let open = try await openTransactions(in: Array(Set(hanging.map(\.partition))))
        let places = Set(open.map { HangingTransactions.Place($0) })
        return hanging.filter { places.contains(HangingTransactions.Place($0)) }
    }

    /// What the coordinators say of the producers of open transactions.
    private func coordinated(
        _ transactions: [OpenTransaction]
    ) async throws(MartletError) -> [ProducerID: TransactionDescription] {
        guard !transactions.isEmpty else { return [:] }
        var filter = TransactionFilter()
        filter.producerIDs = Set(transactions.map(\.producer.id))
        var descriptions: [ProducerID: TransactionDescription] = [:]
        for listed in try await listTransactions(filter) {
            do {
                descriptions[listed.producerID] = try await describeTransaction(listed.id)
            } catch {
                // Forgotten since it was listed.
                guard error.code == .broker(.transactionalIDNotFound) else { throw error }
            }
        }
        return descriptions
    }

    /// Aborts a transaction in one partition, over the head of its coordinator: for hanging ones, as
    /// `findHangingTransactions` finds them. A transaction that is alive loses its records in the partition.
    ///
    /// - Throws: `broker(.invalidProducerEpoch)` or `broker(.producerFenced)` if the producer has moved on
    ///   meanwhile, and so has ended it.
    public func abortTransaction(_ transaction: OpenTransaction) async throws(MartletError) {
        let partition = transaction.partition
        let activity = "aborting the transaction of producer \(transaction.producer.id) in \(partition)"
        let request = WriteTxnMarkersRequest { request in
            request.markers = [
                WriteTxnMarkersRequest.Marker { marker in
                    marker.producerID = transaction.producer.id
                    marker.producerEpoch = transaction.producer.epoch
                    // Where no coordinator has ended a transaction yet, any epoch is new enough.
                    marker.coordinatorEpoch = max(transaction.producer.coordinatorEpoch ?? 0, 0)
                    marker.topics = [
                        WriteTxnMarkersRequest.Topic { topic in
                            topic.name = partition.topic
                            topic.partitions = [partition.partition]
                        }
                    ]
                }
            ]
        }
        let results = try await client.askLeaders(of: [partition]) {
            leader, partitions async throws(MartletError) in
            // Not repeated after a broken connection: by then the producer may have opened another
            // transaction, which would be hit.
            let response = try await client.send(
                request, to: .broker(leader), doing: activity, isRepeatable: false)
            let answers = response.markers.first?.topics.first?.partitions ?? []
            var results: [TopicPartition: Result<Void, MartletError>] = [:]
            for answer in answers where answer.index == partition.partition {
                results[partition] = Self.outcome(answer.errorCode, nil, doing: activity)
            }
            return results
        }
        try Self.only(partition, in: results, doing: activity)
    }
}

extension ProducerDescription {
    fileprivate init(_ state: DescribeProducersResponse.ProducerState) {
        id = state.producerID
        epoch = ProducerEpoch(rawValue: Int16(clamping: state.producerEpoch))
        lastSequence = state.lastSequence >= 0 ? state.lastSequence : nil
        lastTimestamp = state.lastTimestamp >= 0 ? Timestamp(rawValue: state.lastTimestamp) : nil
        coordinatorEpoch = state.coordinatorEpoch >= 0 ? state.coordinatorEpoch : nil
        transactionStart = state.transactionStartOffset >= 0 ? state.transactionStartOffset : nil
    }
}
