internal import MartletCoordination
internal import MartletCore
internal import MartletWire
internal import NIOCore

/// WriteTxnMarkers: another broker's coordinator has ended transactions, or an operator ends one that hangs.
struct WriteTxnMarkersHandler: LoopHandler {
    let transactions: TransactionAccess

    func handle(_ request: WriteTxnMarkersRequest, _ context: RequestContext) {
        let gathering = Gathering<(Int, WriteTxnMarkersResponse.Marker)>(request.markers.count) { answers in
            context.reply(
                WriteTxnMarkersResponse {
                    $0.markers = answers.sorted { $0.0 < $1.0 }.map(\.1)
                })
        }
        for (position, marker) in request.markers.enumerated() {
            transactions.mark(marker.end, in: marker.partitions, from: context.shard) { codes in
                gathering.take((position, marker.answer(codes)))
            }
        }
    }
}

extension WriteTxnMarkersRequest.Marker {
    fileprivate var end: TransactionEnd {
        TransactionEnd(
            producer: TransactionalProducer(id: producerID, epoch: producerEpoch),
            isEpochBumped: transactionVersion >= 2, isCommit: commits, coordinatorEpoch: coordinatorEpoch)
    }

    /// Each once, however often it is named.
    fileprivate var partitions: [TopicPartition] {
        let named = topics.flatMap { topic in topic.partitions.map { TopicPartition(topic.name, $0) } }
        return Array(Set(named))
    }

    fileprivate func answer(_ codes: [TopicPartition: ErrorCode]) -> WriteTxnMarkersResponse.Marker {
        WriteTxnMarkersResponse.Marker {
            $0.producerID = producerID
            $0.topics = topics.map { topic in
                WriteTxnMarkersResponse.Topic {
                    $0.name = topic.name
                    $0.partitions = topic.partitions.map { index in
                        WriteTxnMarkersResponse.Partition {
                            $0.index = index
                            $0.errorCode = codes[TopicPartition(topic.name, index)] ?? .unknownServerError
                        }
                    }
                }
            }
        }
    }
}
