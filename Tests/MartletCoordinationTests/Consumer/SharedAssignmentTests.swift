import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Members of large groups share divisions")
struct SharedAssignmentTests {
    private func join(_ member: MemberID, _ broker: ConsumerCoordinator) -> Ticket {
        let request = ConsumerGroupHeartbeatRequest {
            $0.group = "group"
            $0.member = member
            $0.memberEpoch = .joining
            $0.rebalanceTimeoutMs = 60_000
            $0.subscribedTopics = ["a"]
            $0.topicPartitions = []
        }
        return broker.send(version: 1) { $0.consumerGroupHeartbeat(request, $1) }
    }

    private func divisions(_ broker: ConsumerCoordinator) -> Int {
        broker.log.count { if case .consumerTargetEpoch = $0 { true } else { false } }
    }

    @Test("all who join at about the same time are answered together, with what is theirs")
    func together() throws {
        let broker = ConsumerCoordinator(["a": 2_000])
        _ = join("first", broker)
        let before = divisions(broker)
        let tickets = (0..<100).map { join(MemberID("m\($0)"), broker) }
        #expect(tickets.allSatisfy { broker.answer(to: $0, ConsumerGroupHeartbeatResponse.self) == nil })
        #expect(divisions(broker) == before)
        broker.pass(20)
        #expect(divisions(broker) == before + 1)
        let group = try #require(broker.coordinator.consumerGroup("group"))
        #expect(group.targetEpoch == group.epoch)
        let shares = group.targets.values.map(\.elements.count)
        #expect(shares.count == 101)
        #expect(shares.reduce(0, +) == 2_000)
        #expect(shares.allSatisfy { 19...20 ~= $0 })
        for ticket in tickets {
            let response: ConsumerGroupHeartbeatResponse? = broker.answer(to: ticket)
            #expect(response?.memberEpoch == group.epoch)
            // The first has to give up what it holds before anybody else gets it.
            #expect(response?.assignment?.topicPartitions.isEmpty == true)
        }
    }

    @Test("a small group is divided at once")
    func small() {
        let broker = ConsumerCoordinator(["a": 20])
        for number in 0..<10 {
            let ticket = join(MemberID("m\(number)"), broker)
            #expect(
                broker.answer(to: ticket, ConsumerGroupHeartbeatResponse.self)?.errorCode == ErrorCode.none)
        }
    }

    @Test("who leaves while it waits, or whose group goes, hears that it is no member")
    func gone() {
        let broker = ConsumerCoordinator(["a": 20], sharingThreshold: 0)
        let left = join("left", broker)
        let stays = join("stays", broker)
        _ = broker.send(version: 1) {
            $0.consumerGroupHeartbeat(
                ConsumerGroupHeartbeatRequest {
                    $0.group = "group"
                    $0.member = "left"
                    $0.memberEpoch = .leaving
                }, $1)
        }
        broker.pass(20)
        let refused: ConsumerGroupHeartbeatResponse? = broker.answer(to: left)
        #expect(refused?.errorCode == .unknownMemberID)
        let served: ConsumerGroupHeartbeatResponse? = broker.answer(to: stays)
        #expect(served?.errorCode == ErrorCode.none)
        #expect(served?.assignment?.topicPartitions.first?.partitions.count == 20)
    }
}
