import MartletCore
import MartletTransport
import MartletWire
import Testing

@testable import Martlet

@Suite("Cluster metadata")
struct ClusterMetadataTests {
    private func response(
        id: UInt64, leaders: [(leader: Int32, epoch: Int32)], error: ErrorCode = .none
    ) -> MetadataResponse {
        var response = MetadataResponse()
        response.brokers = (Int32(1)...3).map { number in
            var broker = MetadataResponse.Broker()
            broker.id = BrokerID(rawValue: number)
            broker.host = "host\(number)"
            broker.port = 9092
            return broker
        }
        var topic = MetadataResponse.Topic()
        topic.name = "t"
        topic.id = TopicID(high: 0, low: id)
        topic.errorCode = error
        topic.partitions = leaders.enumerated().map { (index, leader) in
            var partition = MetadataResponse.Partition()
            partition.index = Int32(index)
            partition.leader = BrokerID(rawValue: leader.leader)
            partition.leaderEpoch = LeaderEpoch(rawValue: leader.epoch)
            return partition
        }
        response.topics = [topic]
        return response
    }

    private let partition = TopicPartition("t", 0)

    @Test("a broker that is behind does not bring an old leader back")
    func staleLeader() {
        var metadata = ClusterMetadata()
        metadata.apply(response(id: 1, leaders: [(1, 5)]))
        metadata.apply(response(id: 1, leaders: [(2, 4)]))
        #expect(metadata.leader(of: partition) == BrokerID(rawValue: 1))
        metadata.apply(response(id: 1, leaders: [(2, 6)]))
        #expect(metadata.leader(of: partition) == BrokerID(rawValue: 2))
    }

    @Test("a topic created anew begins with new epochs")
    func recreated() {
        var metadata = ClusterMetadata()
        metadata.apply(response(id: 1, leaders: [(1, 5)]))
        metadata.apply(response(id: 2, leaders: [(3, 0)]))
        #expect(metadata.leader(of: partition) == BrokerID(rawValue: 3))
        #expect(metadata.names == [TopicID(high: 0, low: 2): "t"])
    }

    @Test("a leader named in another answer counts if it is newer")
    func hint() {
        var metadata = ClusterMetadata()
        metadata.apply(response(id: 1, leaders: [(1, 5)]))
        metadata.apply(
            leader: BrokerID(rawValue: 2), epoch: LeaderEpoch(rawValue: 5), of: partition, endpoints: [])
        #expect(metadata.leader(of: partition) == BrokerID(rawValue: 1))
        metadata.apply(
            leader: BrokerID(rawValue: 2), epoch: LeaderEpoch(rawValue: 6), of: partition, endpoints: [])
        #expect(metadata.leader(of: partition) == BrokerID(rawValue: 2))
    }

    @Test("a topic that is gone is forgotten, one that cannot be had now is not")
    func gone() {
        var metadata = ClusterMetadata()
        metadata.apply(response(id: 1, leaders: [(1, 5)]))
        metadata.apply(response(id: 1, leaders: [], error: .leaderNotAvailable))
        #expect(metadata.leader(of: partition) != nil)
        metadata.apply(response(id: 1, leaders: [], error: .unknownTopicOrPartition))
        #expect(metadata.leader(of: partition) == nil)
        #expect(metadata.topicErrors["t"] == .unknownTopicOrPartition)
    }
}
