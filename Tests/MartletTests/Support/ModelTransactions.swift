import MartletCore
import MartletWire
import Synchronization

/// What the model broker knows of transactions: identities, and a journal of what it was asked.
struct ModelTransactions {
    /// 1 or 2, as the feature `transaction.version`.
    var level: Int16 = 2
    var identities: [TransactionalID: (id: ProducerID, epoch: ProducerEpoch)] = [:]
    /// One line per request, in order; the same one after another only once.
    private(set) var journal: [String] = []

    var features: [ApiVersionsResponse.FinalizedFeature] {
        [
            ApiVersionsResponse.FinalizedFeature { feature in
                feature.name = "transaction.version"
                feature.maxVersionLevel = level
                feature.minVersionLevel = level
            }
        ]
    }

    mutating func note(_ line: String) {
        if journal.last != line { journal.append(line) }
    }

    mutating func bump(_ id: TransactionalID) -> (id: ProducerID, epoch: ProducerEpoch) {
        var identity = identities[id] ?? (ProducerID(rawValue: 77), ProducerEpoch(rawValue: -1))
        identity.epoch = ProducerEpoch(rawValue: identity.epoch.rawValue + 1)
        identities[id] = identity
        return identity
    }
}

extension ModelBroker {
    var journal: [String] { with { $0.transactions.journal } }

    func findCoordinator(_ request: FindCoordinatorRequest) -> FindCoordinatorResponse {
        FindCoordinatorResponse { response in
            response.coordinators = request.keys.map { key in
                FindCoordinatorResponse.Coordinator { coordinator in
                    coordinator.key = key
                    coordinator.nodeID = BrokerID(rawValue: 1)
                    coordinator.host = "127.0.0.1"
                    coordinator.port = Int32(port.withLock { $0 })
                }
            }
        }
    }

    func initTransactions(_ request: InitProducerIDRequest, _ refusal: ErrorCode?) -> InitProducerIDResponse {
        var response = InitProducerIDResponse()
        response.errorCode = refusal ?? .none
        guard refusal == nil, let id = request.transactionalID else { return response }
        with { state in
            let known = request.producerID == .none ? "" : " from epoch \(request.producerEpoch)"
            state.transactions.note("init \(id)\(known)")
            (response.producerID, response.producerEpoch) = state.transactions.bump(id)
        }
        return response
    }

    func addPartitions(
        _ request: AddPartitionsToTxnRequest, _ refusal: ErrorCode?
    ) -> AddPartitionsToTxnResponse {
        AddPartitionsToTxnResponse { response in
            response.topics = request.topics.map { topic in
                AddPartitionsToTxnResponse.Topic { answer in
                    answer.name = topic.name
                    answer.partitions = topic.partitions.map { index in
                        with { $0.transactions.note("add \(topic.name)-\(index)") }
                        return AddPartitionsToTxnResponse.Partition { partition in
                            partition.index = index
                            partition.errorCode = refusal ?? .none
                        }
                    }
                }
            }
        }
    }

    func addOffsets(_ request: AddOffsetsToTxnRequest, _ refusal: ErrorCode?) -> AddOffsetsToTxnResponse {
        with { $0.transactions.note("add group \(request.group)") }
        return AddOffsetsToTxnResponse { $0.errorCode = refusal ?? .none }
    }

    func commitOffsets(
        _ request: TxnOffsetCommitRequest, _ version: Int16, _ refusal: ErrorCode?
    ) -> TxnOffsetCommitResponse {
        TxnOffsetCommitResponse { response in
            response.topics = request.topics.map { topic in
                TxnOffsetCommitResponse.Topic { answer in
                    answer.name = topic.name
                    answer.partitions = topic.partitions.map { wire in
                        with { state in
                            state.transactions.note(
                                "offsets v\(version) of \(request.group), member \"\(request.member)\":"
                                    + " \(topic.name)-\(wire.index) at \(wire.offset)")
                        }
                        return TxnOffsetCommitResponse.Partition { partition in
                            partition.index = wire.index
                            partition.errorCode = refusal ?? .none
                        }
                    }
                }
            }
        }
    }

    func endTransaction(
        _ request: EndTxnRequest, _ version: Int16, _ refusal: ErrorCode?
    ) -> EndTxnResponse {
        EndTxnResponse { response in
            response.errorCode = refusal ?? .none
            guard refusal == nil else { return }
            with { state in
                let id = request.transactionalID
                let known = state.transactions.identities[id]
                // An implicit transaction that is ended again has the epoch of before.
                let isAgain =
                    version >= 5
                    && known.map { $0.epoch.rawValue == request.producerEpoch.rawValue + 1 } == true
                guard known?.epoch == request.producerEpoch || isAgain else {
                    response.errorCode = .producerFenced
                    return
                }
                state.transactions.note(
                    "\(request.commits ? "commit" : "abort") v\(version), epoch \(request.producerEpoch)")
                let next = version >= 5 && !isAgain ? state.transactions.bump(id) : known
                (response.producerID, response.producerEpoch) = next ?? (.none, .none)
            }
        }
    }
}
