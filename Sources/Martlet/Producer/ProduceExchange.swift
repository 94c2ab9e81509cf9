internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// One Produce request and its answer.
enum ProduceExchange {
    /// First version that names topics by their ids.
    private static let firstVersionWithIDs: Int16 = 13

    /// What all requests of a producer have in common.
    struct Terms {
        var configuration: ProducerConfiguration
        var timeout: Duration
        /// Nil outside of transactions.
        var transactionVersion: TransactionMachine.Version?
    }

    static func submit(
        _ batches: [(ProducerBatch, Bytes)], on connection: BrokerConnection, metadata: ClusterMetadata,
        _ terms: Terms
    ) throws(TransportError) -> PendingResponse<ProduceRequest> {
        let hasIDs = batches.allSatisfy { batch, _ in
            metadata.topics[batch.partition.topic].map { $0.id != .zero } ?? false
        }
        let version = try connection.version(
            of: ProduceRequest.self,
            atMost: min(
                hasIDs ? .max : firstVersionWithIDs - 1,
                TransactionCoordination.highestProduceVersion(terms.transactionVersion)))
        var request = ProduceRequest()
        request.transactionalID = terms.configuration.transactionalID
        request.acks = MartletWire.Acks(rawValue: terms.configuration.acks.rawValue)
        request.timeoutMs = Int32(clamping: terms.timeout.components.seconds * 1000)
        var places: [TopicName: Int] = [:]
        for (batch, records) in batches {
            let name = batch.partition.topic
            let place = places[name] ?? request.topics.count
            if place == request.topics.count {
                places[name] = place
                var topic = ProduceRequest.Topic()
                topic.name = name
                topic.id = metadata.topics[name]?.id ?? .zero
                request.topics.append(topic)
            }
            var partition = ProduceRequest.Partition()
            partition.index = batch.partition.partition
            partition.records = .bytes(records)
            request.topics[place].partitions.append(partition)
        }
        return try connection.submit(
            request, version: version, expectsResponse: terms.configuration.acks != .none,
            timeout: terms.timeout)
    }

    /// Waits for the answer; gives what it says of each batch.
    static func verdicts(
        for batches: [ProducerBatch], from pending: PendingResponse<ProduceRequest>, client: MartletClient,
        acks: Acks
    ) async -> [(ProducerBatch, ProduceOutcome)] {
        do throws(TransportError) {
            if acks == .none {
                try await pending.written()
                return batches.map { ($0, .appended(.init())) }
            }
            let response = try await pending.value()
            return outcomes(of: batches, in: response, version: pending.version, client: client)
        } catch {
            return batches.map { ($0, .failed(error)) }
        }
    }

    private static func outcomes(
        of batches: [ProducerBatch], in response: ProduceResponse, version: Int16, client: MartletClient
    ) -> [(ProducerBatch, ProduceOutcome)] {
        let metadata = client.metadata
        var answers: [TopicPartition: ProduceResponse.Partition] = [:]
        for topic in response.topics {
            let name = version >= firstVersionWithIDs ? metadata.names[topic.id] : topic.name
            guard let name else { continue }
            for partition in topic.partitions { answers[TopicPartition(name, partition.index)] = partition }
        }
        return batches.map { batch in
            guard let answer = answers[batch.partition] else {
                return (
                    batch, .failed(.malformedResponse(api: .produce, reason: "\(batch.partition) is missing"))
                )
            }
            guard answer.errorCode == .none else {
                client.metadataState.withLock {
                    $0.metadata.apply(
                        leader: answer.currentLeader.leader, epoch: answer.currentLeader.leaderEpoch,
                        of: batch.partition, endpoints: response.nodeEndpoints)
                }
                let message = answer.errorMessage ?? answer.recordErrors.first?.message
                return (
                    batch, .refused(answer.errorCode, message: message, records: answer.recordErrors)
                )
            }
            return (
                batch,
                .appended(
                    BatchDelivery.Placement(
                        baseOffset: answer.baseOffset >= 0 ? answer.baseOffset : nil,
                        logAppendTime: answer.logAppendTimeMs >= 0
                            ? Timestamp(rawValue: answer.logAppendTimeMs) : nil)
                )
            )
        }
    }
}

extension ProducerIdentity {
    /// Version 6 belongs to a protocol that is not settled yet.
    static let highestVersion: Int16 = 5

    /// Asks the cluster for a producer id.
    static func fetch(from client: MartletClient) async throws(MartletError) -> ProducerIdentity {
        var request = InitProducerIDRequest()
        request.transactionTimeoutMs = .max
        let activity = "asking for a producer id"
        let response = try await client.send(request, doing: activity, atMostVersion: highestVersion)
        guard response.errorCode == .none else { throw .broker(response.errorCode, nil, doing: activity) }
        return ProducerIdentity(id: response.producerID, epoch: response.producerEpoch)
    }
}
