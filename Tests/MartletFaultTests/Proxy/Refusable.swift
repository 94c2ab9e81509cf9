import MartletCore
import MartletWire

/// A request that can be answered with an error for all it asks.
protocol Refusable: KafkaRequest {
    func refused(_ code: ErrorCode) -> Response
}

enum Refusals {
    /// The APIs of groups and transactions, which their coordinators alone serve.
    static let coordinated = table([
        JoinGroupRequest.self, SyncGroupRequest.self, HeartbeatRequest.self, LeaveGroupRequest.self,
        OffsetCommitRequest.self, OffsetFetchRequest.self, ConsumerGroupHeartbeatRequest.self,
        AddPartitionsToTxnRequest.self, AddOffsetsToTxnRequest.self, TxnOffsetCommitRequest.self,
        EndTxnRequest.self, InitProducerIDRequest.self,
    ])

    private static func table(_ apis: [any Refusable.Type]) -> [APIKey: any Refusable.Type] {
        Dictionary(apis.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// A whole frame; nil if the request is one that any broker serves.
    static func answer<Request: Refusable>(
        _: Request.Type, _ header: RequestHeader, _ body: Bytes, _ code: ErrorCode
    ) throws -> [UInt8]? {
        let request = try Request(decoding: body, version: header.version)
        if let request = request as? InitProducerIDRequest, request.transactionalID == nil { return nil }
        return try request.refused(code).frame(answering: header)
    }
}

extension FaultProxy {
    /// Refuses the first requests of an API.
    func refuse<Request: Refusable>(_ api: Request.Type, first count: Int = .max, with code: ErrorCode) {
        on(api) { request, index in index < count ? .answer(request.refused(code)) : .pass }
    }
}

/// A response with one error code for the whole.
protocol RefusedAsWhole: KafkaResponse {
    var errorCode: ErrorCode { get set }
}

extension HeartbeatResponse: RefusedAsWhole {}
extension JoinGroupResponse: RefusedAsWhole {}
extension SyncGroupResponse: RefusedAsWhole {}
extension LeaveGroupResponse: RefusedAsWhole {}
extension ConsumerGroupHeartbeatResponse: RefusedAsWhole {}
extension AddOffsetsToTxnResponse: RefusedAsWhole {}
extension EndTxnResponse: RefusedAsWhole {}
extension InitProducerIDResponse: RefusedAsWhole {}

extension Refusable where Response: RefusedAsWhole {
    func refused(_ code: ErrorCode) -> Response {
        var response = Response()
        response.errorCode = code
        return response
    }
}

extension HeartbeatRequest: Refusable {}
extension JoinGroupRequest: Refusable {}
extension SyncGroupRequest: Refusable {}
extension LeaveGroupRequest: Refusable {}
extension ConsumerGroupHeartbeatRequest: Refusable {}
extension AddOffsetsToTxnRequest: Refusable {}
extension EndTxnRequest: Refusable {}
extension InitProducerIDRequest: Refusable {}

extension ProduceRequest: Refusable {
    func refused(_ code: ErrorCode) -> ProduceResponse {
        ProduceResponse { response in
            response.topics = topics.map { topic in
                ProduceResponse.Topic { answer in
                    (answer.name, answer.id) = (topic.name, topic.id)
                    answer.partitions = topic.partitions.map { wire in
                        ProduceResponse.Partition { partition in
                            partition.index = wire.index
                            partition.errorCode = code
                            partition.baseOffset = .none
                        }
                    }
                }
            }
        }
    }
}

extension FetchRequest: Refusable {
    func refused(_ code: ErrorCode) -> FetchResponse {
        FetchResponse { response in
            response.topics = topics.map { topic in
                FetchResponse.Topic { answer in
                    (answer.name, answer.id) = (topic.name, topic.id)
                    answer.partitions = topic.partitions.map { wire in
                        FetchResponse.Partition { partition in
                            partition.index = wire.index
                            partition.errorCode = code
                        }
                    }
                }
            }
        }
    }
}

extension ListOffsetsRequest: Refusable {
    func refused(_ code: ErrorCode) -> ListOffsetsResponse {
        ListOffsetsResponse { response in
            response.topics = topics.map { topic in
                ListOffsetsResponse.Topic { answer in
                    answer.name = topic.name
                    answer.partitions = topic.partitions.map { wire in
                        ListOffsetsResponse.Partition { partition in
                            partition.index = wire.index
                            partition.errorCode = code
                        }
                    }
                }
            }
        }
    }
}

extension OffsetForLeaderEpochRequest: Refusable {
    func refused(_ code: ErrorCode) -> OffsetForLeaderEpochResponse {
        var response = OffsetForLeaderEpochResponse()
        response.topics = topics.map { topic in
            var answer = OffsetForLeaderEpochResponse.Topic()
            answer.name = topic.name
            answer.partitions = topic.partitions.map { wire in
                var partition = OffsetForLeaderEpochResponse.Partition()
                partition.index = wire.index
                partition.errorCode = code
                return partition
            }
            return answer
        }
        return response
    }
}

extension OffsetCommitRequest: Refusable {
    func refused(_ code: ErrorCode) -> OffsetCommitResponse {
        OffsetCommitResponse { response in
            response.topics = topics.map { topic in
                OffsetCommitResponse.Topic { answer in
                    (answer.name, answer.id) = (topic.name, topic.id)
                    answer.partitions = topic.partitions.map { wire in
                        OffsetCommitResponse.Partition { partition in
                            partition.index = wire.index
                            partition.errorCode = code
                        }
                    }
                }
            }
        }
    }
}

extension OffsetFetchRequest: Refusable {
    func refused(_ code: ErrorCode) -> OffsetFetchResponse {
        OffsetFetchResponse { response in
            response.errorCode = code
            response.groups = groups.map { group in
                OffsetFetchResponse.Group { answer in
                    answer.id = group.id
                    answer.errorCode = code
                }
            }
        }
    }
}

extension TxnOffsetCommitRequest: Refusable {
    func refused(_ code: ErrorCode) -> TxnOffsetCommitResponse {
        TxnOffsetCommitResponse { response in
            response.topics = topics.map { topic in
                TxnOffsetCommitResponse.Topic { answer in
                    (answer.name, answer.id) = (topic.name, topic.id)
                    answer.partitions = topic.partitions.map { wire in
                        TxnOffsetCommitResponse.Partition { partition in
                            partition.index = wire.index
                            partition.errorCode = code
                        }
                    }
                }
            }
        }
    }
}

extension AddPartitionsToTxnRequest: Refusable {
    func refused(_ code: ErrorCode) -> AddPartitionsToTxnResponse {
        AddPartitionsToTxnResponse { response in
            response.topics = topics.map { topic in
                AddPartitionsToTxnResponse.Topic { answer in
                    answer.name = topic.name
                    answer.partitions = topic.partitions.map { index in
                        AddPartitionsToTxnResponse.Partition { partition in
                            partition.index = index
                            partition.errorCode = code
                        }
                    }
                }
            }
        }
    }
}

extension FindCoordinatorRequest: Refusable {
    func refused(_ code: ErrorCode) -> FindCoordinatorResponse {
        FindCoordinatorResponse { response in
            response.errorCode = code
            response.coordinators = keys.map { key in
                FindCoordinatorResponse.Coordinator { coordinator in
                    coordinator.key = key
                    coordinator.errorCode = code
                }
            }
        }
    }
}

extension MetadataRequest: Refusable {
    func refused(_ code: ErrorCode) -> MetadataResponse {
        MetadataResponse { response in
            response.topics = (topics ?? []).map { topic in
                MetadataResponse.Topic { answer in
                    (answer.name, answer.id) = (topic.name, topic.id)
                    answer.errorCode = code
                }
            }
        }
    }
}

extension CreateTopicsRequest: Refusable {
    func refused(_ code: ErrorCode) -> CreateTopicsResponse {
        CreateTopicsResponse { response in
            response.topics = topics.map { topic in
                CreateTopicsResponse.Topic { answer in
                    answer.name = topic.name
                    answer.errorCode = code
                }
            }
        }
    }
}
