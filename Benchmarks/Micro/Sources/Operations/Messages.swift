import CCounterparts
import MartletCore
import MartletWire

extension Operation {
    static let messages: [Operation] =
        [readRequestHeader] + produce(partitions: 1) + produce(partitions: 12) + fetch(partitions: 1)
        + fetch(partitions: 100) + [1, 100, 10_000].map(metadata)

    private static let readRequestHeader = Operation("wire/read request header", runs: .thousand) {
        let frame = try Self.frame(ProduceRequest(), version: 9)
        return Prepared(run: {
            for _ in 0..<$0 {
                consume(Int64(try RequestHeader.decode(frame).header.correlationID))
            }
        })
    }

    /// A request as it was received, without the length in front.
    private static func frame<Request: KafkaRequest>(_ request: Request, version: Int16) throws -> Bytes {
        let message = try RequestFrame.encode(
            request, version: version, correlationID: 1, clientID: "producer-1")
        guard let bytes = message.contiguous() else { throw InputError("the frame is not in memory") }
        return Bytes(Array(bytes.dropFirst(EncodedMessage.frameLengthSize)))
    }

    /// Reads a request as a session does: header, then body.
    private static func reading<Request: KafkaRequest>(
        _ request: Request, version: Int16
    ) throws -> Prepared {
        let frame = try Self.frame(request, version: version)
        return Prepared(run: {
            for _ in 0..<$0 {
                let (header, start) = try RequestHeader.decode(frame)
                guard let start else { throw InputError("no body") }
                let body = try Request(decoding: frame[start..<frame.count], version: header.version)
                withExtendedLifetime(body) {}
            }
        })
    }

    private static func writing<Response: KafkaResponse>(
        _ response: Response, version: Int16
    ) -> Prepared {
        Prepared(run: {
            for _ in 0..<$0 {
                let message = try ResponseFrame.encode(response, version: version, correlationID: 1)
                consume(Int64(message.byteCount))
            }
        })
    }

    private static func produce(partitions: Int32) -> [Operation] {
        [
            Operation("wire/read Produce, \(partitions)", runs: .thousand) {
                var request = ProduceRequest()
                request.acks = .all
                var topic = ProduceRequest.Topic { $0.name = "orders" }
                for index in 0..<partitions {
                    var partition = ProduceRequest.Partition()
                    partition.index = index
                    partition.records = .bytes(try Events.batch(byteCount: 1_000, valueByteCount: 100))
                    topic.partitions.append(partition)
                }
                request.topics = [topic]
                return try reading(request, version: 9)
            },
            Operation("wire/write Produce, \(partitions)", runs: .thousand) {
                var topic = ProduceResponse.Topic { $0.name = "orders" }
                topic.partitions = (0..<partitions).map { index in
                    ProduceResponse.Partition {
                        $0.index = index
                        $0.baseOffset = 1_000_000
                        $0.logStartOffset = 0
                    }
                }
                return writing(ProduceResponse { $0.topics = [topic] }, version: 9)
            },
        ]
    }

    private static func fetch(partitions: Int32) -> [Operation] {
        [
            Operation("wire/read Fetch, \(partitions)", runs: .thousand) {
                var topic = FetchRequest.Topic { $0.name = "orders" }
                topic.partitions = (0..<partitions).map { index in
                    FetchRequest.Partition {
                        $0.index = index
                        $0.fetchOffset = 1_000_000
                        $0.maxBytes = 1 << 20
                    }
                }
                return try reading(FetchRequest { $0.topics = [topic] }, version: 12)
            },
            Operation("wire/write Fetch, \(partitions)", runs: .thousand) {
                var topic = FetchResponse.Topic { $0.name = "orders" }
                topic.partitions = (0..<partitions).map { index in
                    FetchResponse.Partition {
                        $0.index = index
                        $0.highWatermark = 1_000_000
                        $0.records = .external(byteCount: 1 << 20)
                    }
                }
                return writing(FetchResponse { $0.topics = [topic] }, version: 12)
            },
        ]
    }

    private static func metadata(partitions: Int32) -> Operation {
        Operation("wire/write Metadata, \(partitions)", runs: partitions > 1_000 ? .one : .thousand) {
            var topic = MetadataResponse.Topic { $0.name = "orders" }
            topic.partitions = (0..<partitions).map { index in
                MetadataResponse.Partition {
                    $0.index = index
                    $0.leader = BrokerID(rawValue: 1)
                    $0.leaderEpoch = LeaderEpoch(rawValue: 0)
                    $0.replicas = [BrokerID(rawValue: 1)]
                    $0.inSyncReplicas = [BrokerID(rawValue: 1)]
                }
            }
            let broker = MetadataResponse.Broker {
                $0.id = BrokerID(rawValue: 1)
                $0.host = "localhost"
                $0.port = 9_092
            }
            let response = MetadataResponse {
                $0.brokers = [broker]
                $0.topics = [topic]
            }
            return writing(response, version: 12)
        }
    }
}
