internal import MartletCore
internal import MartletLog
internal import MartletWire

/// Puts results into a response, topic by topic.
struct FetchResponseBuilder {
    private var topics: [FetchResponse.Topic] = []
    private var positions: [TopicKey: Int] = [:]
    private var slices: [[LogSlice]] = []

    private struct TopicKey: Hashable {
        let name: TopicName
        let id: TopicID
    }

    mutating func add(_ target: FetchTarget, _ result: FetchResult) {
        let key = TopicKey(name: target.name, id: target.id)
        let position = positions[key] ?? topics.count
        if position == topics.count {
            positions[key] = position
            var topic = FetchResponse.Topic()
            topic.name = target.name
            topic.id = target.id
            topics.append(topic)
            slices.append([])
        }
        topics[position].partitions.append(FetchResponse.Partition(target.index, result))
        if let slice = result.slice { slices[position].append(slice) }
    }

    func response(sessionID: Int32) -> FetchResponse {
        var response = FetchResponse()
        response.sessionID = sessionID
        response.topics = topics
        return response
    }

    /// The files' parts, in the order in which the response names them.
    var regions: [LogSlice] { slices.flatMap { $0 } }
}

extension FetchResponse.Partition {
    init(_ index: PartitionIndex, _ result: FetchResult) {
        self.init()
        self.index = index
        errorCode = result.errorCode
        highWatermark = result.highWatermark
        lastStableOffset = result.lastStableOffset
        logStartOffset = result.logStartOffset
        abortedTransactions = result.abortedTransactions?.map { aborted in
            FetchResponse.AbortedTransaction {
                $0.producerID = aborted.producerID
                $0.firstOffset = aborted.firstOffset
            }
        }
        if let diverging = result.divergingEpoch {
            divergingEpoch.epoch = diverging.epoch
            divergingEpoch.endOffset = diverging.endOffset
        }
        records = result.slice.map { .external(byteCount: $0.byteCount) } ?? .bytes(.empty)
    }
}
