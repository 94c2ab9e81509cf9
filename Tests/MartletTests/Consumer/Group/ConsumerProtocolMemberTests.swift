import MartletCore
import MartletWire
import Testing

@testable import Martlet

@Suite("A member of a group whose partitions the broker divides")
struct ConsumerProtocolMemberTests {
    private let topic = TopicID(high: 1, low: 2)
    private let now = ContinuousClock.now

    private func joined() -> ConsumerProtocolMember {
        let configuration = GroupConsumerConfiguration(group: "g", topics: "t")
        var member = ConsumerProtocolMember(configuration, at: now)
        let answer = answer(epoch: 1, partitions: [0, 1])
        guard case .settled = member.didAnswer(answer, owned: [:], at: now) else {
            Issue.record("a first answer without error settles it")
            return member
        }
        return member
    }

    private func answer(epoch: Int32, partitions: [PartitionIndex]? = nil) -> ConsumerGroupHeartbeatResponse {
        ConsumerGroupHeartbeatResponse { response in
            response.memberEpoch = MemberEpoch(rawValue: epoch)
            response.heartbeatIntervalMs = 5_000
            if let partitions {
                response.assignment = .init {
                    $0.topicPartitions = [
                        TopicPartitions {
                            $0.topicID = topic
                            $0.partitions = partitions
                        }
                    ]
                }
            }
        }
    }

    @Test("the first heartbeat says everything, the following ones what has changed")
    func heartbeats() {
        let configuration = GroupConsumerConfiguration(group: "g", topics: "t")
        let first = ConsumerProtocolMember(configuration, at: now).request(owned: [:])
        #expect(
            first.memberEpoch == .joining && first.topicPartitions == [] && first.subscribedTopics == ["t"])
        #expect(!first.member.rawValue.isEmpty && first.rebalanceTimeoutMs == 300_000)

        var member = joined()
        let quiet = member.request(owned: [:])
        #expect(quiet.memberEpoch.rawValue == 1 && quiet.subscribedTopics == nil)
        #expect(quiet.topicPartitions == nil && quiet.rebalanceTimeoutMs == -1)

        let owned = [TopicPartition("t", 0): topic, TopicPartition("t", 1): topic]
        #expect(member.request(owned: owned).topicPartitions?.first?.partitions == [0, 1])
        _ = member.didAnswer(answer(epoch: 1), owned: owned, at: now)
        #expect(member.request(owned: owned).topicPartitions == nil)
        #expect(member.target == [topic: [0, 1]], "an answer without assignment changes nothing")
        #expect(member.nextHeartbeat == now + .seconds(5))
    }

    @Test("after a lost answer the next heartbeat says everything again")
    func lostAnswer() {
        var member = joined()
        let owned = [TopicPartition("t", 0): topic]
        _ = member.didAnswer(answer(epoch: 2), owned: owned, at: now)
        member.didFail(at: now)
        let request = member.request(owned: owned)
        #expect(request.memberEpoch.rawValue == 2 && request.subscribedTopics == ["t"])
        #expect(request.topicPartitions?.first?.partitions == [0])
    }

    @Test(
        "who is fenced joins again as a newcomer", arguments: [ErrorCode.fencedMemberEpoch, .unknownMemberID])
    func fenced(code: ErrorCode) {
        var member = joined()
        let refusal = ConsumerGroupHeartbeatResponse { $0.errorCode = code }
        guard case .fenced = member.didAnswer(refusal, owned: [:], at: now) else {
            Issue.record("\(code) fences")
            return
        }
        let request = member.request(owned: [:])
        #expect(request.memberEpoch == .joining && request.topicPartitions == [])
        #expect(request.subscribedTopics == ["t"] && member.target == nil)
    }

    @Test("some refusals are final, some are worth another attempt")
    func refusals() {
        func isRetriable(_ code: ErrorCode) -> Bool? {
            var member = joined()
            let refusal = ConsumerGroupHeartbeatResponse { $0.errorCode = code }
            guard case .failed(let error) = member.didAnswer(refusal, owned: [:], at: now) else { return nil }
            return error.isRetriable
        }
        #expect(isRetriable(.groupMaxSizeReached) == false)
        #expect(isRetriable(.unsupportedAssignor) == false)
        #expect(isRetriable(.invalidRegularExpression) == false)
        #expect(isRetriable(.notCoordinator) == true)
        #expect(isRetriable(.coordinatorLoadInProgress) == true)
        // The static member before this one may have crashed: its session runs out.
        #expect(isRetriable(.unreleasedInstanceID) == true)
    }

    @Test("a static member leaves for now, another one for good")
    func farewell() {
        var configuration = GroupConsumerConfiguration(group: "g", topics: "t")
        #expect(ConsumerProtocolMember(configuration, at: now).farewell().memberEpoch == .leaving)
        configuration.instance = "fixed"
        #expect(ConsumerProtocolMember(configuration, at: now).farewell().memberEpoch == .leavingStatic)
    }
}
