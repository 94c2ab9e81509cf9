import MartletCore
import MartletRecords
import MartletTransport
import MartletWire
import NIOCore
import Synchronization

extension ModelBroker {
    enum Answer {
        case frame(EncodedMessage, delay: TimeAmount)
        case nothing
        case end
    }

    /// Carries a request out, as far as the script lets it.
    func answer(_ frame: Bytes) throws -> Answer {
        let (header, bodyStart) = try RequestHeader.decode(frame)
        let misfortune: Misfortune? = with { state in
            let count = state.counts[header.key, default: 0]
            state.counts[header.key] = count + 1
            return state.script?(header.key, count)
        }
        if case .breaksBefore = misfortune { return .end }
        guard let bodyStart else { return .end }
        let body = frame[bodyStart..<frame.count]
        let refusal: ErrorCode? = if case .refuses(let code) = misfortune { code } else { nil }
        let answer = try respond(header, body, refusal)
        switch misfortune {
        case .breaksAfter: return .end
        case .staysSilent: return .nothing
        case .answersAnother:
            // The answer of a request that has another correlation id is as wrong as can be.
            var other = header
            other.correlationID ^= 0xFF
            return try respond(other, body, refusal)
        default: return answer
        }
    }

    private func respond(_ header: RequestHeader, _ body: Bytes, _ refusal: ErrorCode?) throws -> Answer {
        func reply<Request: KafkaRequest>(
            _: Request.Type, _ make: (Request) throws -> Request.Response, delay: TimeAmount = .zero
        ) throws -> Answer {
            let request = try Request(decoding: body, version: header.version)
            return .frame(
                try ResponseFrame.encode(
                    try make(request), version: header.version, correlationID: header.correlationID),
                delay: delay)
        }
        switch header.key {
        case .apiVersions:
            let served = with { $0.versions }
            var response = ApiVersionsResponse()
            response.finalizedFeatures = with { $0.transactions.features }
            response.apis = served.map { key, versions in
                var api = ApiVersionsResponse.API()
                api.key = key
                api.minVersion = versions.lowerBound
                api.maxVersion = versions.upperBound
                return api
            }
            var version = header.version
            if let range = served[.apiVersions], !range.contains(version) {
                response.errorCode = .unsupportedVersion
                version = 0
            }
            return .frame(
                try ResponseFrame.encode(response, version: version, correlationID: header.correlationID),
                delay: .zero)
        case .metadata: return try reply(MetadataRequest.self, { metadata($0, refusal) })
        case .initProducerID:
            return try reply(
                InitProducerIDRequest.self,
                { request in
                    if request.transactionalID != nil { return initTransactions(request, refusal) }
                    var response = InitProducerIDResponse()
                    response.errorCode = refusal ?? .none
                    response.producerID = ProducerID(
                        rawValue: with { state in
                            state.nextProducerID += 1
                            return state.nextProducerID
                        })
                    response.producerEpoch = ProducerEpoch(rawValue: 0)
                    return response
                })
        case .produce:
            let request = try ProduceRequest(decoding: body, version: header.version)
            let response = produce(request, version: header.version, refusal)
            if request.acks == MartletWire.Acks.none { return .nothing }
            return .frame(
                try ResponseFrame.encode(
                    response, version: header.version, correlationID: header.correlationID), delay: .zero)
        case .fetch:
            let request = try FetchRequest(decoding: body, version: header.version)
            let response = fetch(request, version: header.version, refusal)
            let isEmpty = response.topics.allSatisfy {
                $0.partitions.allSatisfy { $0.records.byteCount == 0 }
            }
            let delay = TimeAmount.milliseconds(isEmpty ? min(Int64(request.maxWaitMs), 20) : 0)
            return .frame(
                try ResponseFrame.encode(
                    response, version: header.version, correlationID: header.correlationID), delay: delay)
        case .offsetForLeaderEpoch:
            return try reply(OffsetForLeaderEpochRequest.self, { epochEnds($0, refusal) })
        case .listOffsets: return try reply(ListOffsetsRequest.self, { try listOffsets($0, refusal) })
        case .createTopics: return try reply(CreateTopicsRequest.self, { createTopics($0, refusal) })
        case .deleteTopics: return try reply(DeleteTopicsRequest.self, { deleteTopics($0) })
        case .findCoordinator: return try reply(FindCoordinatorRequest.self, { findCoordinator($0) })
        case .addPartitionsToTxn:
            return try reply(AddPartitionsToTxnRequest.self, { addPartitions($0, refusal) })
        case .addOffsetsToTxn: return try reply(AddOffsetsToTxnRequest.self, { addOffsets($0, refusal) })
        case .txnOffsetCommit:
            return try reply(TxnOffsetCommitRequest.self, { commitOffsets($0, header.version, refusal) })
        case .endTxn: return try reply(EndTxnRequest.self, { endTransaction($0, header.version, refusal) })
        default: return .end
        }
    }

    private func metadata(_ request: MetadataRequest, _ refusal: ErrorCode?) -> MetadataResponse {
        let names = request.topics?.compactMap(\.name)
        var response = MetadataResponse()
        if refusal == .rebootstrapRequired {
            response.errorCode = .rebootstrapRequired
            return response
        }
        response.throttleTimeMs = with { $0.throttleTimeMs }
        response.clusterID = "model"
        response.controller = BrokerID(rawValue: 1)
        var broker = MetadataResponse.Broker()
        broker.id = BrokerID(rawValue: 1)
        broker.host = "127.0.0.1"
        broker.port = Int32(port.withLock { $0 })
        response.brokers = [broker] + replicaBroker()
        if request.allowAutoTopicCreation, with({ $0.createsTopics }) {
            for name in names ?? [] where with({ $0.topics[name] == nil }) {
                createTopic(name, partitions: 3)
            }
        }
        with { state in
            for name in names ?? Array(state.topics.keys) {
                var topic = MetadataResponse.Topic()
                topic.name = name
                guard let known = state.topics[name], refusal == nil else {
                    topic.errorCode = refusal ?? .unknownTopicOrPartition
                    response.topics.append(topic)
                    continue
                }
                topic.id = state.isTopicIDKnown ? known.id : .zero
                topic.partitions = known.logs.indices.map { index in
                    var partition = MetadataResponse.Partition()
                    partition.index = Int32(index)
                    partition.leader = state.leaders[PartitionIndex(index)] ?? BrokerID(rawValue: 1)
                    partition.leaderEpoch = state.leaderEpoch
                    partition.replicas = [BrokerID(rawValue: 1)]
                    partition.inSyncReplicas = partition.replicas
                    return partition
                }
                response.topics.append(topic)
            }
        }
        return response
    }

    private func name(of topic: TopicName, _ id: TopicID, _ byID: Bool, _ state: State) -> TopicName? {
        byID ? state.topics.first { $0.value.id == id }?.key : topic
    }

    private func produce(_ request: ProduceRequest, version: Int16, _ refusal: ErrorCode?) -> ProduceResponse
    {
        var response = ProduceResponse()
        with { state in
            if let id = request.transactionalID { state.transactions.note("produce v\(version) of \(id)") }
            for topic in request.topics {
                var answer = ProduceResponse.Topic()
                answer.name = topic.name
                answer.id = topic.id
                let name = name(of: topic.name, topic.id, version >= 13, state)
                for part in topic.partitions {
                    var partition = ProduceResponse.Partition()
                    partition.index = part.index
                    if let refusal {
                        partition.errorCode = refusal
                        partition.baseOffset = .none
                    } else if case .bytes(let bytes) = part.records, var answer = state.judge?(bytes) {
                        answer.index = part.index
                        partition = answer
                    } else if let name, case .bytes(let bytes) = part.records,
                        state.topics[name]?.logs.indices.contains(Int(part.index)) == true
                    {
                        let keeps = state.keepsRecords
                        switch state.topics[name]?.logs[Int(part.index)].append(bytes, keeps: keeps) {
                        case .appended(let offset)?: partition.baseOffset = offset
                        case .refused(let code)?: partition.errorCode = code
                        case nil: partition.errorCode = .unknownServerError
                        }
                    } else {
                        partition.errorCode = .unknownTopicOrPartition
                    }
                    answer.partitions.append(partition)
                }
                response.topics.append(answer)
            }
        }
        return response
    }

    private func fetch(_ request: FetchRequest, version: Int16, _ refusal: ErrorCode?) -> FetchResponse {
        var response = FetchResponse()
        with { state in
            for topic in request.topics {
                var answer = FetchResponse.Topic()
                answer.name = topic.name
                answer.id = topic.id
                let name = name(of: topic.name, topic.id, version >= 13, state)
                for part in topic.partitions {
                    var partition = FetchResponse.Partition()
                    partition.index = part.index
                    guard refusal == nil, let name, let logs = state.topics[name]?.logs,
                        logs.indices.contains(Int(part.index))
                    else {
                        partition.errorCode = refusal ?? .unknownTopicOrPartition
                        answer.partitions.append(partition)
                        continue
                    }
                    let log = logs[Int(part.index)]
                    partition.highWatermark = log.end
                    partition.lastStableOffset = log.end
                    partition.logStartOffset = log.start
                    if redirects(request, &state) {
                        partition.preferredReadReplica = BrokerID(rawValue: 2)
                    } else if part.fetchOffset < log.start || part.fetchOffset > log.end {
                        partition.errorCode = .offsetOutOfRange
                    } else {
                        partition.records = .bytes(
                            log.read(from: part.fetchOffset, maximumBytes: Int(part.maxBytes)))
                    }
                    answer.partitions.append(partition)
                }
                response.topics.append(answer)
            }
        }
        return response
    }

    private func listOffsets(
        _ request: ListOffsetsRequest, _ refusal: ErrorCode?
    ) throws -> ListOffsetsResponse {
        var response = ListOffsetsResponse()
        try with { state in
            for topic in request.topics {
                var answer = ListOffsetsResponse.Topic()
                answer.name = topic.name
                for part in topic.partitions {
                    var partition = ListOffsetsResponse.Partition()
                    partition.index = part.index
                    guard refusal == nil, let logs = state.topics[topic.name]?.logs,
                        logs.indices.contains(Int(part.index))
                    else {
                        partition.errorCode = refusal ?? .unknownTopicOrPartition
                        answer.partitions.append(partition)
                        continue
                    }
                    let log = logs[Int(part.index)]
                    switch part.timestamp {
                    case ListOffsetsRequest.latest: partition.offset = log.end
                    case ListOffsetsRequest.earliest: partition.offset = log.start
                    default:
                        if let (offset, time) = try log.firstOffset(atOrAfter: part.timestamp) {
                            partition.offset = offset
                            partition.timestamp = time
                        }
                    }
                    answer.partitions.append(partition)
                }
                response.topics.append(answer)
            }
        }
        return response
    }

    private func createTopics(_ request: CreateTopicsRequest, _ refusal: ErrorCode?) -> CreateTopicsResponse {
        var response = CreateTopicsResponse()
        for topic in request.topics {
            var answer = CreateTopicsResponse.Topic()
            answer.name = topic.name
            answer.partitionCount = max(topic.partitionCount, 1)
            answer.replicationFactor = 1
            if let refusal {
                answer.errorCode = refusal
            } else if with({ $0.topics[topic.name] != nil }) {
                answer.errorCode = .topicAlreadyExists
            } else {
                createTopic(topic.name, partitions: Int(answer.partitionCount))
            }
            response.topics.append(answer)
        }
        return response
    }

    private func deleteTopics(_ request: DeleteTopicsRequest) -> DeleteTopicsResponse {
        var response = DeleteTopicsResponse()
        for name in request.topics.compactMap(\.name) {
            var answer = DeleteTopicsResponse.Topic()
            answer.name = name
            if with({ $0.topics.removeValue(forKey: name) }) == nil {
                answer.errorCode = .unknownTopicOrPartition
            }
            response.topics.append(answer)
        }
        return response
    }
}
