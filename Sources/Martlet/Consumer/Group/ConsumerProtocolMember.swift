internal import MartletCore
internal import MartletWire

/// A member of a group whose partitions the broker divides (KIP-848), as the heartbeats see it. No I/O and no
/// clock.
struct ConsumerProtocolMember {
    typealias Instant = ContinuousClock.Instant

    /// What an answer means.
    enum Outcome {
        case settled
        /// The group has given our partitions away; join again.
        case fenced(ErrorCode)
        case failed(MartletError)
    }

    /// Before the first answer says how often heartbeats are wanted.
    private static let firstInterval = Duration.seconds(1)

    private let configuration: GroupConsumerConfiguration
    private(set) var id: MemberID
    private(set) var epoch = MemberEpoch.joining
    private var subscription: Subscription
    /// The coordinator may know a pattern that is none any more.
    private var hadPattern = false
    /// What the broker wants us to have; nil before it said so.
    private(set) var target: [TopicID: [PartitionIndex]]?
    private(set) var nextHeartbeat: Instant
    private var interval = Self.firstInterval
    /// What the coordinator knows of us; nil where it has to be told (again).
    private var known: [TopicPartitions]?
    /// Since when the name of a static member is in use by another one.
    private var unreleasedSince: Instant?

    init(_ configuration: GroupConsumerConfiguration, at now: Instant) {
        self.configuration = configuration
        subscription = configuration.subscription
        var random = SystemRandomNumberGenerator()
        id = MemberID(TopicID.random(using: &random).description)
        nextHeartbeat = now
    }

    /// The partitions that we have, by topic id and in order.
    static func grouped(_ owned: [TopicPartition: TopicID]) -> [TopicPartitions] {
        Dictionary(grouping: owned, by: \.value).sorted { $0.key < $1.key }.map { id, partitions in
            TopicPartitions { topic in
                topic.topicID = id
                topic.partitions = partitions.map(\.key.partition).sorted()
            }
        }
    }

    /// The next heartbeat. What the coordinator knows already is left out.
    func request(owned: [TopicPartition: TopicID]) -> ConsumerGroupHeartbeatRequest {
        ConsumerGroupHeartbeatRequest { request in
            request.group = configuration.group
            request.member = id
            request.memberEpoch = epoch
            request.instance = configuration.instance
            let partitions = Self.grouped(owned)
            if known == nil {
                request.rack = configuration.rack
                request.rebalanceTimeoutMs = Int32(clamping: configuration.rebalanceTimeout.milliseconds)
                request.assignor = configuration.assignor
                switch subscription {
                case .topics(let topics):
                    request.subscribedTopics = topics
                    // An empty one takes back what was said before; who never said one says nothing.
                    request.subscribedTopicRegex = hadPattern ? "" : nil
                case .pattern(let pattern):
                    request.subscribedTopics = []
                    request.subscribedTopicRegex = pattern
                }
            }
            if known != partitions { request.topicPartitions = partitions }
        }
    }

    /// Reads something else from now on.
    mutating func subscribe(to new: Subscription, at now: Instant) {
        guard new != subscription else { return }
        if case .pattern = subscription { hadPattern = true }
        subscription = new
        known = nil
        nextHeartbeat = now
    }

    /// Says goodbye, for now if the member is a static one.
    func farewell() -> ConsumerGroupHeartbeatRequest {
        ConsumerGroupHeartbeatRequest { request in
            request.group = configuration.group
            request.member = id
            request.memberEpoch = configuration.instance == nil ? .leaving : .leavingStatic
            request.instance = configuration.instance
        }
    }

    /// Whether an answer says anything new.
    func isNews(_ response: ConsumerGroupHeartbeatResponse) -> Bool {
        response.errorCode != .none || response.memberEpoch != epoch || response.assignment != nil
    }

    /// - Parameter owned: What the request said.
    mutating func didAnswer(
        _ response: ConsumerGroupHeartbeatResponse, owned: [TopicPartition: TopicID], at now: Instant
    ) -> Outcome {
        switch response.errorCode {
        case .none:
            if let member = response.member, !member.rawValue.isEmpty { id = member }
            epoch = response.memberEpoch
            interval = .milliseconds(max(Int64(response.heartbeatIntervalMs), 1))
            nextHeartbeat = now + interval
            known = Self.grouped(owned)
            unreleasedSince = nil
            if let assignment = response.assignment {
                target = Dictionary(
                    assignment.topicPartitions.map { ($0.topicID, $0.partitions) },
                    uniquingKeysWith: +)
            }
            return .settled
        case .unknownMemberID, .fencedMemberEpoch:
            joinAgain(at: now)
            return .fenced(response.errorCode)
        case .unreleasedInstanceID:
            // The one before us may have gone down without a word; its session ends by itself.
            let since = unreleasedSince ?? now
            unreleasedSince = since
            didFail(at: now)
            return .failed(failure(response, isRetriable: now - since < configuration.sessionTimeout * 2))
        default:
            didFail(at: now)
            return .failed(failure(response, isRetriable: response.errorCode.isRetriable))
        }
    }

    /// Nobody knows whether the last heartbeat has arrived: the next one says everything.
    mutating func didFail(at now: Instant) {
        known = nil
        nextHeartbeat = now
    }

    mutating func joinAgain(at now: Instant) {
        epoch = .joining
        target = nil
        known = nil
        nextHeartbeat = now
    }

    /// Something has changed that the coordinator should know.
    mutating func hurry(at now: Instant) { nextHeartbeat = now }

    private func failure(_ response: ConsumerGroupHeartbeatResponse, isRetriable: Bool) -> MartletError {
        var error = MartletError.broker(
            response.errorCode, response.errorMessage, doing: "staying in group \"\(configuration.group)\"")
        error.isRetriable = isRetriable
        return error
    }
}
