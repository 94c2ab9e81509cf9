import MartletCore
import MartletWire

@testable import Martlet

/// What a broker does that is not the only one.
extension ModelBroker {
    func replicaBroker() -> [MetadataResponse.Broker] {
        guard let replica = with({ $0.replica }) else { return [] }
        var broker = MetadataResponse.Broker()
        broker.id = BrokerID(rawValue: 2)
        broker.host = "127.0.0.1"
        broker.port = Int32(replica.port)
        return [broker]
    }

    func redirects(_ request: FetchRequest, _ state: inout State) -> Bool {
        guard !request.rack.isEmpty, let redirects = state.replica?.redirects, redirects > 0 else {
            return false
        }
        state.replica?.redirects -= 1
        return true
    }

    func epochEnds(
        _ request: OffsetForLeaderEpochRequest, _ refusal: ErrorCode?
    ) -> OffsetForLeaderEpochResponse {
        var response = OffsetForLeaderEpochResponse()
        for topic in request.topics {
            var answer = OffsetForLeaderEpochResponse.Topic()
            answer.name = topic.name
            answer.partitions = topic.partitions.map { part in
                var partition = OffsetForLeaderEpochResponse.Partition()
                partition.index = part.index
                partition.errorCode = refusal ?? .none
                partition.leaderEpoch = part.leaderEpoch
                partition.endOffset = with { $0.earlierEnd } ?? Offset.none
                return partition
            }
            response.topics.append(answer)
        }
        return response
    }
}
