import MartletCore
import MartletTransport
import MartletWire
import Synchronization

/// A cluster that clients are made to believe in: each proxy is one of its brokers, and all stand in front of
/// the same one. Leaders and coordinators move from proxy to proxy as a test wants; a proxy that a client
/// turns to wrongly says so, as a broker would.
final class Faces: Sendable {
    struct Leader {
        var broker: BrokerID
        var epoch: LeaderEpoch
    }

    struct State {
        var brokers: [BrokerID: BrokerAddress] = [:]
        var leaders: [TopicPartition: Leader] = [:]
        /// What Metadata says instead, while the cluster's news has not spread.
        var rumours: [TopicPartition: Leader] = [:]
        var coordinator = Face.first
        var controller = Face.first
        var names: [TopicID: TopicName] = [:]
        /// A session's later requests do not name all its partitions, so that a wrong leader would not be
        /// seen: none among several brokers.
        var hasFetchSessions = true

        func leader(of partition: TopicPartition) -> Leader {
            leaders[partition] ?? Leader(broker: Face.first, epoch: LeaderEpoch(rawValue: 0))
        }
    }

    private let state = Mutex(State())

    func with<Result: Sendable>(_ body: (inout State) throws -> Result) rethrows -> Result {
        try state.withLock { try body(&$0) }
    }

    /// Lets another broker lead a partition, under the next epoch.
    ///
    /// - Parameter isKnown: False if Metadata goes on to name the old one, until `spreadNews`.
    func moveLeader(of partition: TopicPartition, to broker: BrokerID, isKnown: Bool = true) {
        with { state in
            let old = state.leader(of: partition)
            if !isKnown { state.rumours[partition] = state.rumours[partition] ?? old }
            let epoch = LeaderEpoch(rawValue: old.epoch.rawValue + 1)
            state.leaders[partition] = Leader(broker: broker, epoch: epoch)
        }
    }

    func spreadNews() { with { $0.rumours = [:] } }

    func moveCoordinators(to broker: BrokerID) { with { $0.coordinator = broker } }
}

/// One broker of such a cluster: what it says about itself and the others, and what it refuses.
struct Face: Sendable {
    static let first = BrokerID(rawValue: 1)

    let id: BrokerID
    let faces: Faces

    /// The answer to a request that this broker is the wrong one for.
    func refusal(of header: RequestHeader, _ body: Bytes) throws -> Sentence? {
        switch header.key {
        case .produce:
            let request = try ProduceRequest(decoding: body, version: header.version)
            let claims = request.topics.flatMap { topic in
                topic.partitions.map { claim(topic.name, topic.id, $0.index, .none) }
            }
            return try refusal(of: request, header, claiming: claims)
        case .fetch:
            let request = try FetchRequest(decoding: body, version: header.version)
            let claims = request.topics.flatMap { topic in
                topic.partitions.map { claim(topic.name, topic.id, $0.index, $0.currentLeaderEpoch) }
            }
            return try refusal(of: request, header, claiming: claims)
        case .listOffsets:
            let request = try ListOffsetsRequest(decoding: body, version: header.version)
            let claims = request.topics.flatMap { topic in
                topic.partitions.map { claim(topic.name, .zero, $0.index, $0.currentLeaderEpoch) }
            }
            return try refusal(of: request, header, claiming: claims)
        case .offsetForLeaderEpoch:
            let request = try OffsetForLeaderEpochRequest(decoding: body, version: header.version)
            let claims = request.topics.flatMap { topic in
                topic.partitions.map { claim(topic.name, .zero, $0.index, $0.currentLeaderEpoch) }
            }
            return try refusal(of: request, header, claiming: claims)
        default:
            guard faces.with({ $0.coordinator }) != id, let api = Refusals.coordinated[header.key] else {
                return nil
            }
            return try Refusals.answer(api, header, body, .notCoordinator).map(Sentence.answer)
        }
    }

    /// Whom a client takes this broker for.
    private struct Claim {
        let partition: TopicPartition
        /// Under which this broker is to lead the partition; none if the client does not say.
        let epoch: LeaderEpoch
    }

    private func claim(
        _ name: TopicName, _ topic: TopicID, _ index: PartitionIndex, _ epoch: LeaderEpoch
    ) -> Claim? {
        if !name.rawValue.isEmpty { return Claim(partition: TopicPartition(name, index), epoch: epoch) }
        return faces.with { $0.names[topic] }.map {
            Claim(partition: TopicPartition($0, index), epoch: epoch)
        }
    }

    private func refusal(
        of request: some Refusable, _ header: RequestHeader, claiming claims: [Claim?]
    ) throws -> Sentence? {
        let code = faces.with { state in
            claims.compactMap(\.self).compactMap { claim -> ErrorCode? in
                let leader = state.leader(of: claim.partition)
                if leader.broker != id { return .notLeaderOrFollower }
                if claim.epoch == .none || claim.epoch == leader.epoch { return nil }
                return claim.epoch < leader.epoch ? .fencedLeaderEpoch : .unknownLeaderEpoch
            }.first
        }
        return try code.map { .answer(try request.refused($0).frame(answering: header)) }
    }

    /// The request for the broker behind, as a whole frame: without the leader's epoch, of which it knows
    /// nothing. The epochs of records are its own.
    func rewritten(_ frame: Bytes, _ header: RequestHeader, _ body: Bytes) throws -> [UInt8] {
        func encoded(_ request: some KafkaRequest) throws -> [UInt8] {
            let frame = try RequestFrame.encode(
                request, version: header.version, correlationID: header.correlationID,
                clientID: header.clientID)
            return frame.contiguous() ?? []
        }
        switch header.key {
        case .fetch:
            var request = try FetchRequest(decoding: body, version: header.version)
            for topic in request.topics.indices {
                for index in request.topics[topic].partitions.indices {
                    request.topics[topic].partitions[index].currentLeaderEpoch = .none
                }
            }
            if !faces.with({ $0.hasFetchSessions }) { (request.sessionID, request.sessionEpoch) = (0, -1) }
            return try encoded(request)
        case .listOffsets:
            var request = try ListOffsetsRequest(decoding: body, version: header.version)
            for topic in request.topics.indices {
                for index in request.topics[topic].partitions.indices {
                    request.topics[topic].partitions[index].currentLeaderEpoch = .none
                }
            }
            return try encoded(request)
        case .offsetForLeaderEpoch:
            var request = try OffsetForLeaderEpochRequest(decoding: body, version: header.version)
            for topic in request.topics.indices {
                for index in request.topics[topic].partitions.indices {
                    request.topics[topic].partitions[index].currentLeaderEpoch = .none
                }
            }
            return try encoded(request)
        default:
            return Self.framed(frame)
        }
    }

    static func framed(_ frame: Bytes) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(frame.count + 4)
        let count = UInt32(frame.count)
        for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
        frame.withUnsafeBytes { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// An answer of the broker behind as clients are to see it, as a whole frame.
    func presented(_ frame: Bytes, answering header: RequestHeader) throws -> [UInt8] {
        switch header.key {
        case .metadata: try MetadataResponse.edit(frame, answering: header) { present(&$0) }
        case .findCoordinator: try FindCoordinatorResponse.edit(frame, answering: header) { present(&$0) }
        case .describeCluster: try DescribeClusterResponse.edit(frame, answering: header) { present(&$0) }
        default: Self.framed(frame)
        }
    }

    private func present(_ response: inout MetadataResponse) {
        let topics = response.topics
        response.brokers = faces.with { state in
            for topic in topics where topic.id != .zero {
                if let name = topic.name { state.names[topic.id] = name }
            }
            return state.brokers.sorted { $0.key < $1.key }.map { id, address in
                var broker = MetadataResponse.Broker()
                broker.id = id
                broker.host = address.host
                broker.port = Int32(address.port)
                return broker
            }
        }
        response.controller = faces.with { $0.controller }
        for topic in response.topics.indices {
            guard let name = response.topics[topic].name else { continue }
            for index in response.topics[topic].partitions.indices {
                let partition = TopicPartition(name, response.topics[topic].partitions[index].index)
                let leader = faces.with { $0.rumours[partition] ?? $0.leader(of: partition) }
                response.topics[topic].partitions[index].leader = leader.broker
                response.topics[topic].partitions[index].leaderEpoch = leader.epoch
                response.topics[topic].partitions[index].replicas = [leader.broker]
                response.topics[topic].partitions[index].inSyncReplicas = [leader.broker]
            }
        }
    }

    private func present(_ response: inout FindCoordinatorResponse) {
        let (id, address) = faces.with { ($0.coordinator, $0.brokers[$0.coordinator]) }
        guard let address else { return }
        if response.nodeID != .none {
            (response.nodeID, response.host, response.port) = (id, address.host, Int32(address.port))
        }
        for index in response.coordinators.indices
        where response.coordinators[index].errorCode == .none {
            response.coordinators[index].nodeID = id
            response.coordinators[index].host = address.host
            response.coordinators[index].port = Int32(address.port)
        }
    }

    private func present(_ response: inout DescribeClusterResponse) {
        response.controller = faces.with { $0.controller }
        response.brokers = faces.with { state in
            state.brokers.sorted { $0.key < $1.key }.map { id, address in
                var broker = DescribeClusterResponse.Broker()
                broker.id = id
                broker.host = address.host
                broker.port = Int32(address.port)
                return broker
            }
        }
    }
}
