import MartletCore
import MartletCoordination
import MartletWire

/// A client of the consumer protocol, as librdkafka and the Java client behave.
final class ConsumerClient {
    let id: MemberID
    let broker: ConsumerCoordinator
    var topics: [TopicName]?
    var pattern: String?
    var instance: InstanceID?
    var assignor: String?
    var rebalanceTimeoutMs: Int32 = 60_000
    private(set) var epoch = MemberEpoch.joining
    /// What it reads now.
    private(set) var owned = PartitionSet()
    /// What it was told to read.
    private(set) var assigned = PartitionSet()
    private(set) var lastError = ErrorCode.none
    /// Fields that are sent in full when the client joins, and when they change.
    private var sendsAll = true
    private var sendsOwned = true

    init(_ id: MemberID, _ broker: ConsumerCoordinator, topics: [TopicName]? = nil, pattern: String? = nil) {
        self.id = id
        self.broker = broker
        self.topics = topics
        self.pattern = pattern
    }

    var partitions: [String] {
        owned.elements.map { "\(broker.coordinator.topics[$0.topic]?.name.rawValue ?? "?")-\($0.partition)" }
            .sorted()
    }

    func subscribe(to topics: [TopicName]) {
        self.topics = topics
        sendsAll = true
    }

    /// Gives up what it should, takes what it got, and says so with the next heartbeat.
    func settle() {
        guard owned != assigned else { return }
        owned = assigned
        sendsOwned = true
    }

    private func request() -> ConsumerGroupHeartbeatRequest {
        let isJoining = epoch == .joining
        return ConsumerGroupHeartbeatRequest {
            $0.group = "group"
            $0.member = id
            $0.memberEpoch = epoch
            $0.instance = instance
            if isJoining || sendsAll {
                $0.rebalanceTimeoutMs = rebalanceTimeoutMs
                $0.subscribedTopics = topics
                $0.subscribedTopicRegex = pattern
                $0.assignor = assignor
            }
            if isJoining || sendsAll || sendsOwned { $0.topicPartitions = owned.topicPartitions }
        }
    }

    /// The answer is lost, or the coordinator dies before anything is written.
    func heartbeatInVain(losesCoordinator: Bool) throws {
        let request = request()
        if losesCoordinator {
            broker.lose(version: 1) { $0.consumerGroupHeartbeat(request, $1) }
        } else {
            _ = broker.send(version: 1) { $0.consumerGroupHeartbeat(request, $1) }
        }
        // It does not know what has arrived, so it says all again.
        sendsAll = true
        sendsOwned = true
    }

    @discardableResult
    func heartbeat() throws -> ErrorCode {
        let request = request()
        let response = try broker.heartbeat { $0 = request }
        lastError = response.errorCode
        switch response.errorCode {
        case .none:
            sendsAll = false
            sendsOwned = false
            epoch = response.memberEpoch
            if let assignment = response.assignment { assigned = PartitionSet(assignment.topicPartitions) }
        case .fencedMemberEpoch, .unknownMemberID, .groupIDNotFound:
            forget()
        default:
            break
        }
        return response.errorCode
    }

    /// Heartbeats and does as it is told.
    @discardableResult
    func poll() throws -> ErrorCode {
        let error = try heartbeat()
        settle()
        return error
    }

    @discardableResult
    func leave(for epoch: MemberEpoch = .leaving) throws -> ErrorCode {
        let response = try broker.heartbeat {
            $0.member = id
            $0.memberEpoch = epoch
            $0.instance = instance
        }
        forget()
        return response.errorCode
    }

    /// As after a crash, or when it was fenced.
    func forget() {
        epoch = .joining
        owned = PartitionSet()
        assigned = PartitionSet()
        sendsAll = true
        sendsOwned = true
    }
}

extension Array where Element == ConsumerClient {
    /// All heartbeat in turns until nobody gets anything new.
    func converge(rounds: Int = 10) throws {
        for _ in 0..<rounds {
            let before = map { "\($0.epoch)\($0.owned.elements)" }
            for client in self { try client.poll() }
            if map({ "\($0.epoch)\($0.owned.elements)" }) == before { return }
        }
    }
}
