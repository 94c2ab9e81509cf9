internal import MartletCore
internal import MartletLog
internal import MartletWire

/// ListOffsets: where a partition begins and ends, and where the records of a time begin. Looking for a time
/// reads the disk, and so happens on a thread.
struct ListOffsetsHandler: ControlHandler {
    let partitions: PartitionAccess

    func handle(_ request: ListOffsetsRequest, from client: Client) async -> ListOffsetsResponse {
        var response = ListOffsetsResponse()
        for topic in request.topics {
            var answer = ListOffsetsResponse.Topic()
            answer.name = topic.name
            for partition in topic.partitions {
                answer.partitions.append(
                    await look(for: partition, in: topic.name, request.isolationLevel, client.version))
            }
            response.topics.append(answer)
        }
        return response
    }

    /// Each special timestamp came with a version; before it the number has no meaning.
    private static func firstVersion(of timestamp: Int64) -> Int16 {
        switch timestamp {
        case ListOffsetsRequest.maxTimestamp: 7
        case ListOffsetsRequest.earliestLocal: 8
        case ListOffsetsRequest.latestTiered: 9
        case ListOffsetsRequest.earliestPendingUpload: 11
        default: ListOffsetsRequest.versions.lowerBound
        }
    }

    private func look(
        for asked: ListOffsetsRequest.Partition, in topic: TopicName, _ isolation: IsolationLevel,
        _ version: Int16
    ) async -> ListOffsetsResponse.Partition {
        var answer = ListOffsetsResponse.Partition()
        answer.index = asked.index
        guard version >= Self.firstVersion(of: asked.timestamp) else {
            answer.errorCode = .unsupportedVersion
            return answer
        }
        do throws(RequestError) {
            let view = try await partitions.view(of: topic, asked.index, asked.currentLeaderEpoch)
            let limit = isolation == .readCommitted ? view.offsets.lastStable : view.offsets.highWatermark
            switch asked.timestamp {
            case ListOffsetsRequest.latest:
                answer.offset = limit
                answer.leaderEpoch = view.leaderEpoch
            case ListOffsetsRequest.earliest, ListOffsetsRequest.earliestLocal:
                answer.offset = view.offsets.start
                answer.leaderEpoch = view.startEpoch
            case ListOffsetsRequest.latestTiered, ListOffsetsRequest.earliestPendingUpload:
                break
            case ListOffsetsRequest.maxTimestamp:
                answer.fill(
                    try await partitions.look(view.snapshot) { log throws(LogError) in try log.maxTimestamp()
                    })
            case 0...:
                let time = Timestamp(rawValue: asked.timestamp)
                let found = try await partitions.look(view.snapshot) { log throws(LogError) in
                    try log.offset(forTimestamp: time)
                }
                // What readers cannot see yet is not there.
                answer.fill(found.flatMap { $0.offset < limit ? $0 : nil })
            default:
                answer.errorCode = .unsupportedVersion
            }
        } catch {
            answer.errorCode = error.code
        }
        return answer
    }
}

extension ListOffsetsResponse.Partition {
    fileprivate mutating func fill(_ found: TimestampedOffset?) {
        guard let found else { return }
        offset = found.offset
        timestamp = found.timestamp.rawValue
        leaderEpoch = found.leaderEpoch
    }
}
