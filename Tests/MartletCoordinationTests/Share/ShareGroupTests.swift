import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Share groups")
struct ShareGroupTests {
    @Test("the first answer to a member has its partitions")
    func join() throws {
        let world = ShareGroupWorld()
        let answer = try world.join("a")
        #expect(answer.errorCode == .none)
        #expect(answer.member == "a")
        #expect(answer.memberEpoch > .joining)
        #expect(answer.heartbeatIntervalMs == 5_000)
        #expect(answer.partitions() == [0, 1, 2, 3])
    }

    @Test("partitions are shared when members come, and taken over when they go")
    func sharing() throws {
        let world = ShareGroupWorld()
        let first = try world.join("a")
        let second = try world.join("b")
        #expect(second.partitions()?.count == 2)
        let next = try world.heartbeat("a", first.memberEpoch)
        #expect(next.partitions()?.count == 2)
        #expect(Set((next.partitions() ?? []) + (second.partitions() ?? [])) == [0, 1, 2, 3])
        // Nothing new: no assignment.
        #expect(try world.heartbeat("a", next.memberEpoch).assignment == nil)
        let goodbye = try world.heartbeat("b", .leaving)
        #expect(goodbye.errorCode == .none && goodbye.memberEpoch == .leaving)
        #expect(try world.heartbeat("a", next.memberEpoch).partitions() == [0, 1, 2, 3])
    }

    @Test("more members than partitions have partitions together")
    func crowd() throws {
        let world = ShareGroupWorld(["t": 2])
        var epochs: [MemberID: MemberEpoch] = [:]
        for index in 0..<5 {
            epochs[MemberID("m\(index)")] = try world.join(MemberID("m\(index)")).memberEpoch
        }
        for (member, _) in epochs {
            #expect(try world.heartbeat(member, .joining, ["t"]).partitions()?.isEmpty == false)
        }
    }

    @Test("a heartbeat with an epoch that is neither the last nor the one before it is fenced")
    func fencing() throws {
        let world = ShareGroupWorld()
        let old = try world.join("a").memberEpoch
        _ = try world.join("b")
        let current = try world.heartbeat("a", old).memberEpoch
        #expect(current > old)
        // The answer was lost: it comes again, with the assignment.
        let again = try world.heartbeat("a", old)
        #expect(again.memberEpoch == current && again.assignment != nil)
        #expect(try world.heartbeat("a", MemberEpoch(rawValue: 99)).errorCode == .fencedMemberEpoch)
        #expect(try world.heartbeat("x", current).errorCode == .unknownMemberID)
        #expect(
            try world.heartbeat("a", MemberEpoch(rawValue: 1), group: "other").errorCode == .groupIDNotFound)
    }

    @Test(
        "wrong requests are refused",
        arguments: [
            ShareGroupWorld.heartbeat("", .joining, ["t"]),
            ShareGroupWorld.heartbeat("a", .joining, ["t"], group: ""),
            ShareGroupWorld.heartbeat("a", .joining), ShareGroupWorld.heartbeat("a", .joining, []),
            ShareGroupWorld.heartbeat("a", .leavingStatic),
        ])
    func invalid(request: ShareGroupHeartbeatRequest) throws {
        let world = ShareGroupWorld()
        let answer: ShareGroupHeartbeatResponse = try world.ask { $0.shareGroupHeartbeat(request, $1) }
        #expect(answer.errorCode == .invalidRequest)
        #expect(world.log.isEmpty)
    }

    @Test("a full group takes no more members, but those it has may join again")
    func full() throws {
        var settings = GroupSettings()
        settings.share.maximumSize = 1
        let world = ShareGroupWorld(settings: settings)
        _ = try world.join("a")
        #expect(try world.join("b").errorCode == .groupMaxSizeReached)
        #expect(try world.join("a").errorCode == .none)
    }

    @Test("a member that is silent for its session is put out")
    func session() throws {
        let world = ShareGroupWorld()
        let epoch = try world.join("a").memberEpoch
        world.pass(44_000)
        #expect(try world.heartbeat("a", epoch).errorCode == .none)
        world.pass(44_000)
        #expect(try world.heartbeat("a", epoch).errorCode == .none)
        world.pass(45_001)
        #expect(try world.heartbeat("a", epoch).errorCode == .unknownMemberID)
        #expect(world.coordinator.shareGroup("g")?.stateName == "Empty")
    }

    @Test("members, epochs and partitions outlive the coordinator, and sessions begin anew")
    func restart() throws {
        let world = ShareGroupWorld()
        let answer = try world.join("a")
        world.pass(40_000)
        world.restart()
        world.pass(40_000)
        let next = try world.heartbeat("a", answer.memberEpoch)
        #expect(next.errorCode == .none && next.memberEpoch == answer.memberEpoch && next.assignment == nil)
        world.pass(45_001)
        #expect(try world.heartbeat("a", answer.memberEpoch).errorCode == .unknownMemberID)
    }

    @Test("new partitions and new topics are read from the next heartbeats on")
    func growth() throws {
        let world = ShareGroupWorld(["t": 1])
        var answer = try world.join("a", ["t", "u"])
        #expect(answer.partitions("t") == [0] && answer.partitions("u") == [])
        world.set(["t": 3, "u": 2])
        for _ in 0..<2 {
            let next = try world.heartbeat("a", answer.memberEpoch)
            answer.memberEpoch = next.memberEpoch
            if next.assignment != nil { answer = next }
        }
        #expect(answer.partitions("t") == [0, 1, 2] && answer.partitions("u") == [0, 1])
        world.set(["u": 2])
        let last = try world.heartbeat("a", answer.memberEpoch)
        #expect(last.partitions("t") == [] && last.partitions("u") == [0, 1])
    }

    @Test("a group of another type is not found, and is left alone")
    func otherType() throws {
        let world = ShareGroupWorld()
        var member = ConsumerGroupMemberValue()
        member.subscribedTopics = ["t"]
        world.coordinator.apply(.consumerGroup("g", ConsumerGroupValue()))
        world.coordinator.apply(.consumerMember("g", "c", member))
        #expect(try world.join("a").errorCode == .groupIDNotFound)
        let description: ShareGroupDescribeResponse = try world.ask { coordinator, call in
            coordinator.shareGroupDescribe(ShareGroupDescribeRequest { $0.groups = ["g", "h"] }, call)
        }
        #expect(description.groups.map(\.errorCode) == [.groupIDNotFound, .groupIDNotFound])
        #expect(description.groups[0].errorMessage == "Group g is of another type than share.")
    }

    @Test("a share group is described with its members and what they read")
    func describe() throws {
        let world = ShareGroupWorld()
        let epoch = try world.join("a").memberEpoch
        let description: ShareGroupDescribeResponse = try world.ask { coordinator, call in
            coordinator.shareGroupDescribe(ShareGroupDescribeRequest { $0.groups = ["g"] }, call)
        }
        let group = try #require(description.groups.first)
        #expect(group.errorCode == .none && group.state == "Stable" && group.assignor == "simple")
        #expect(group.groupEpoch == group.assignmentEpoch && group.groupEpoch == epoch.rawValue)
        let member = try #require(group.members.first)
        #expect(member.clientHost == "/192.0.2.1" && member.subscribedTopics == ["t"])
        #expect(member.assignment.topicPartitions.map(\.name) == ["t"])
        #expect(member.assignment.topicPartitions.map(\.partitions) == [[0, 1, 2, 3]])
    }

    @Test("a member waits for the share state, but not for ever, and gets its partitions when it is back")
    func slowState() throws {
        let world = ShareGroupWorld()
        world.isStateSlow = true
        let ticket = world.submit {
            $0.shareGroupHeartbeat(ShareGroupWorld.heartbeat("a", .joining, ["t"]), $1)
        }
        world.sync()
        #expect(world.takeAnswer(ticket) == nil)
        world.pass(5_000)
        world.sync()
        let answer = try #require(world.takeAnswer(ticket) as? ShareGroupHeartbeatResponse)
        #expect(answer.errorCode == .none && answer.partitions() == [])
        world.isStateSlow = false
        world.sync()
        #expect(try world.heartbeat("a", answer.memberEpoch).partitions() == [0, 1, 2, 3])
    }

    @Test("a member that joins while the share state fails gets its partitions as soon as it is back")
    func failingState() throws {
        let world = ShareGroupWorld()
        world.stateFailure = .coordinatorNotAvailable
        let ticket = world.submit {
            $0.shareGroupHeartbeat(ShareGroupWorld.heartbeat("a", .joining, ["t"]), $1)
        }
        for _ in 0..<3 {
            world.sync()
            world.pass(1_000)
        }
        #expect(world.takeAnswer(ticket) == nil)
        world.stateFailure = nil
        world.pass(1_000)
        world.sync()
        let answer = try #require(world.takeAnswer(ticket) as? ShareGroupHeartbeatResponse)
        #expect(answer.partitions() == [0, 1, 2, 3])
    }

    @Test("state that a former group of the name left behind does not stop a new one")
    func remains() throws {
        let world = ShareGroupWorld(["t": 1])
        world.initialize(0, stateEpoch: 50)
        #expect(try world.join("a").partitions() == [0])
    }
}
