import MartletCore
import MartletCoordination
import MartletWire
import Testing

@Suite("ConsumerGroupHeartbeat")
struct ConsumerHeartbeatTests {
    @Test("a member that joins gets all partitions at once")
    func join() throws {
        let broker = ConsumerCoordinator(["a": 2, "b": 1])
        let response = try broker.heartbeat {
            $0.member = "m"
            $0.rebalanceTimeoutMs = 5_000
            $0.subscribedTopics = ["a", "b", "missing"]
            $0.topicPartitions = []
        }
        #expect(response.errorCode == .none)
        #expect(response.member == "m")
        #expect(response.memberEpoch == MemberEpoch(rawValue: 1))
        #expect(response.heartbeatIntervalMs == 5_000)
        let owned = PartitionSet(response.assignment?.topicPartitions ?? [])
        #expect(owned.count == 3)
        let group = try broker.describe()
        #expect(group.state == "Stable")
        #expect(group.assignor == "uniform")
        #expect(group.members.first?.clientHost == "/192.0.2.1")
        #expect(group.members.first?.memberType == .consumer)
    }

    @Test("in version 0 the coordinator makes the member id")
    func memberID() throws {
        let broker = ConsumerCoordinator(["a": 1])
        let join: (inout ConsumerGroupHeartbeatRequest) -> Void = {
            $0.rebalanceTimeoutMs = 5_000
            $0.subscribedTopics = ["a"]
            $0.topicPartitions = []
        }
        #expect(try broker.heartbeat(version: 0, join).member?.rawValue.count == 22)
        #expect(try broker.heartbeat(version: 1, join).errorCode == .invalidRequest)
    }

    @Test("partitions move only when the one before has given them up")
    func incremental() throws {
        let broker = ConsumerCoordinator(["a": 4])
        let first = ConsumerClient("1", broker, topics: ["a"])
        let second = ConsumerClient("2", broker, topics: ["a"])
        try first.poll()
        #expect(first.owned.count == 4)

        try second.poll()
        #expect(second.epoch == MemberEpoch(rawValue: 2))
        #expect(second.owned.isEmpty)
        #expect(try broker.describe().state == "Reconciling")

        try first.heartbeat()
        #expect(first.epoch == MemberEpoch(rawValue: 1), "it has not given up anything yet")
        #expect(first.assigned.count == 2)
        try second.poll()
        #expect(second.owned.isEmpty)

        first.settle()
        try first.poll()
        #expect(first.epoch == MemberEpoch(rawValue: 2))
        try second.poll()
        #expect(second.owned.count == 2)
        #expect(second.owned.isDisjoint(with: first.owned))
        #expect(try broker.describe().state == "Stable")
    }

    @Test("a member that leaves frees its partitions, and the others get them with their next heartbeats")
    func leave() throws {
        let broker = ConsumerCoordinator(["a": 4])
        let clients = ["1", "2"].map { ConsumerClient(MemberID($0), broker, topics: ["a"]) }
        try clients.converge()
        #expect(try clients[0].leave() == .none)
        try clients[1].poll()
        #expect(clients[1].owned.count == 4)
        #expect(try clients[1].leave() == .none)
        #expect(try broker.describe().state == "Empty")
        #expect(try clients[1].leave() == .unknownMemberID)
    }

    @Test("who speaks for another epoch is fenced, except for the one before when an answer was lost")
    func fencing() throws {
        let broker = ConsumerCoordinator(["a": 2])
        let client = ConsumerClient("m", broker, topics: ["a"])
        try client.poll()
        client.subscribe(to: [])
        try client.heartbeat()
        client.settle()
        try client.poll()
        let epoch = client.epoch.rawValue
        func speak(_ epoch: Int32, _ owned: [TopicPartitions]?) throws -> ErrorCode {
            try broker.heartbeat {
                $0.member = "m"
                $0.memberEpoch = MemberEpoch(rawValue: epoch)
                $0.topicPartitions = owned
            }.errorCode
        }
        let all = [
            TopicPartitions {
                $0.topicID = ConsumerCoordinator.id("a")
                $0.partitions = [0, 1]
            }
        ]
        #expect(try speak(epoch + 1, nil) == .fencedMemberEpoch)
        #expect(try speak(epoch - 1, nil) == .fencedMemberEpoch)
        #expect(try speak(epoch - 1, all) == .fencedMemberEpoch)
        #expect(try speak(epoch - 1, []) == .none)
        #expect(try speak(epoch, nil) == .none)
    }

    @Test("a member without heartbeats loses its partitions when its session ends")
    func session() throws {
        let broker = ConsumerCoordinator(["a": 2])
        let clients = ["1", "2"].map { ConsumerClient(MemberID($0), broker, topics: ["a"]) }
        try clients.converge()
        for _ in 0..<9 {
            broker.pass(5_000)
            try clients[0].poll()
        }
        #expect(try broker.describe().members.count == 1)
        try clients[0].poll()
        #expect(clients[0].owned.count == 2)
        #expect(try clients[1].poll() == .unknownMemberID)
    }

    @Test("a member that does not give up partitions in time is thrown out, whatever it sends")
    func rebalanceTimeout() throws {
        let broker = ConsumerCoordinator(["a": 2])
        let stuck = ConsumerClient("1", broker, topics: ["a"])
        stuck.rebalanceTimeoutMs = 10_000
        let other = ConsumerClient("2", broker, topics: ["a"])
        try stuck.poll()
        try other.poll()
        for _ in 0..<2 {
            try stuck.heartbeat()
            broker.pass(5_000)
            try other.poll()
        }
        try other.poll()
        #expect(other.owned.count == 2)
        #expect(try stuck.heartbeat() == .unknownMemberID)
    }

    @Test("times can be set for one group")
    func overrides() throws {
        let broker = ConsumerCoordinator(["a": 1])
        broker.override("group") {
            $0.consumerSessionTimeoutMs = 60_000
            $0.consumerHeartbeatIntervalMs = 7_000
        }
        let response = try broker.heartbeat {
            $0.member = "m"
            $0.rebalanceTimeoutMs = 5_000
            $0.subscribedTopics = ["a"]
            $0.topicPartitions = []
        }
        #expect(response.heartbeatIntervalMs == 7_000)
        broker.pass(59_999)
        #expect(try broker.describe().members.count == 1)
        broker.pass(1)
        #expect(try broker.describe().members.isEmpty)
    }

    @Test("what a request lacks or has too much is refused")
    func validation() throws {
        var settings = GroupSettings()
        settings.consumer.maximumSize = 1
        let broker = ConsumerCoordinator(["a": 1], settings: settings)
        func join(_ set: (inout ConsumerGroupHeartbeatRequest) -> Void) throws -> ErrorCode {
            try broker.heartbeat {
                $0.member = "m"
                $0.rebalanceTimeoutMs = 5_000
                $0.subscribedTopics = ["a"]
                $0.topicPartitions = []
                set(&$0)
            }.errorCode
        }
        #expect(try join { $0.group = "" } == .invalidRequest)
        #expect(try join { $0.rebalanceTimeoutMs = -1 } == .invalidRequest)
        #expect(try join { $0.topicPartitions = nil } == .invalidRequest)
        #expect(try join { $0.subscribedTopics = nil } == .invalidRequest)
        #expect(try join { $0.instance = "" } == .invalidRequest)
        #expect(try join { $0.rack = "" } == .invalidRequest)
        #expect(try join { $0.memberEpoch = MemberEpoch(rawValue: -3) } == .invalidRequest)
        #expect(try join { $0.memberEpoch = .leavingStatic } == .invalidRequest)
        #expect(try join { $0.assignor = "sticky" } == .unsupportedAssignor)
        #expect(try join { $0.subscribedTopicRegex = "a(" } == .invalidRegularExpression)
        #expect(try join { $0.memberEpoch = MemberEpoch(rawValue: 1) } == .groupIDNotFound)
        #expect(broker.log.isEmpty, "what is refused leaves nothing behind")
        #expect(try join { _ in } == .none)
        #expect(try join { $0.member = "n" } == .groupMaxSizeReached)
    }

    @Test("a static member that is back within its session keeps its partitions, under its new member id")
    func staticMember() throws {
        let broker = ConsumerCoordinator(["a": 4])
        let other = ConsumerClient("other", broker, topics: ["a"])
        let before = ConsumerClient("before", broker, topics: ["a"])
        before.instance = "instance"
        let after = ConsumerClient("after", broker, topics: ["a"])
        after.instance = "instance"
        try [other, before].converge()
        let partitions = before.partitions
        let groupEpoch = try broker.describe().groupEpoch

        #expect(try after.heartbeat() == .unreleasedInstanceID)
        #expect(try before.leave(for: .leavingStatic) == .none)
        try other.poll()
        #expect(other.owned.count == 2, "nobody gets what will be needed again")
        try after.poll()
        #expect(after.partitions == partitions)
        #expect(try broker.describe().groupEpoch == groupEpoch)
        #expect(try before.heartbeat() == .unreleasedInstanceID)
        let error = try broker.heartbeat {
            $0.member = "before"
            $0.instance = "instance"
            $0.memberEpoch = after.epoch
        }.errorCode
        #expect(error == .fencedInstanceID)
    }

    @Test("a static member that stays away longer than its session is gone")
    func staticMemberAway() throws {
        let broker = ConsumerCoordinator(["a": 2])
        let client = ConsumerClient("m", broker, topics: ["a"])
        client.instance = "instance"
        try client.poll()
        try client.leave(for: .leavingStatic)
        broker.pass(45_000)
        #expect(try broker.describe().state == "Empty")
    }

    @Test("a static member that was fenced begins again under the id that it has")
    func staticMemberFenced() throws {
        let broker = ConsumerCoordinator(["a": 2])
        let client = ConsumerClient("m", broker, topics: ["a"])
        client.instance = "instance"
        try client.poll()
        client.forget()
        #expect(try client.poll() == .none)
        #expect(client.owned.count == 2)
    }

    @Test("a group follows when its topics get partitions, and when they are deleted and created again")
    func topics() throws {
        let broker = ConsumerCoordinator(["a": 2])
        let clients = ["1", "2"].map { ConsumerClient(MemberID($0), broker, topics: ["a", "b"]) }
        try clients.converge()
        broker.set(["a": 6])
        try clients.converge()
        #expect(clients.map(\.owned.count) == [3, 3])
        broker.set(["b": 2])
        try clients.converge()
        #expect(clients.flatMap(\.partitions).sorted() == ["b-0", "b-1"])
        broker.set([:])
        try clients.converge()
        #expect(clients.map(\.owned.count) == [0, 0])
        #expect(try broker.describe().state == "Stable")
    }

    @Test("after a restart the group is as it was, and members get their whole session again")
    func restart() throws {
        let broker = ConsumerCoordinator(["a": 4])
        let clients = ["1", "2"].map { ConsumerClient(MemberID($0), broker, topics: ["a"]) }
        try clients.converge()
        let before = try broker.describe()
        broker.pass(44_000)
        broker.restart()
        #expect(try broker.describe() == before)
        broker.pass(44_000)
        for client in clients { #expect(try client.poll() == .none) }
        #expect(try broker.describe() == before)
    }

    @Test("an idle heartbeat writes nothing")
    func idle() throws {
        let broker = ConsumerCoordinator(["a": 4])
        let client = ConsumerClient("1", broker, topics: ["a"])
        try [client].converge()
        let count = broker.log.count
        try client.poll()
        #expect(broker.log.count == count)
    }

    @Test("offsets are taken from members of the current epoch, and from anybody if there are none")
    func offsets() throws {
        let broker = ConsumerCoordinator(["a": 1])
        let client = ConsumerClient("m", broker, topics: ["a"])
        try client.poll()
        let group = try #require(broker.coordinator.consumerGroup("group"))
        func commit(_ member: MemberID, _ epoch: Int32, version: Int16 = 9) -> ErrorCode? {
            var committer = OffsetCommitter(version: version)
            committer.member = member
            committer.epoch = epoch
            return group.validateOffsetCommit(committer)
        }
        #expect(commit("m", 1) == nil)
        #expect(commit("m", 2) == .staleMemberEpoch)
        #expect(commit("m", 1, version: 8) == .unsupportedVersion)
        #expect(commit("", -1) == .unknownMemberID)
        #expect(group.validateOffsetFetch(member: nil, epoch: -1) == nil)
        #expect(group.validateOffsetFetch(member: "m", epoch: 0) == .staleMemberEpoch)
        #expect(group.validateOffsetFetch(member: "n", epoch: 1) == .unknownMemberID)
        #expect(group.isSubscribed(to: "a"))
        try client.leave()
        #expect(commit("", -1) == nil)
    }
}
