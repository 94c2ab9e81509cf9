import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Being a member of a classic group")
struct ClassicMembershipTests {
    private let first = GenerationID(rawValue: 1)

    @Test("each member gets the part that the leader gave it, after the record that keeps it")
    func parts() throws {
        let machine = LoggedCoordinator()
        let joins = (0..<3).map { _ in machine.joinTwice() }
        machine.pass(7_000)
        let follower = machine.sync(joins[1].member, first)
        #expect(machine.synced(follower) == nil)
        let logged = machine.log.count
        let leader = machine.sync(
            joins[0].member, first, parts: [joins[0].member: "zero", joins[1].member: "one"])
        #expect(machine.synced(leader)?.assignment == "zero")
        #expect(machine.synced(follower)?.assignment == "one")
        // Nothing was given to the third, which is fine.
        #expect(machine.synced(machine.sync(joins[2].member, first))?.assignment == .empty)

        #expect(machine.log.count == logged + 1)
        guard case .classicGroup("g", let value?)? = machine.log.last else { throw Missing() }
        #expect(value.generation == first)
        #expect(value.leader == joins[0].member)
        #expect(value.members.map(\.assignment) == ["zero", "one", .empty])
        #expect(value.members[0].subscription == LoggedCoordinator.subscription(["t"]))
    }

    struct Missing: Error {}

    @Test("a sync of another generation, member or protocol is refused")
    func syncErrors() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(2)
        #expect(machine.synced(machine.sync(members[0], .none))?.errorCode == .illegalGeneration)
        #expect(machine.synced(machine.sync("other", first))?.errorCode == .unknownMemberID)
        var request = SyncGroupRequest()
        request.group = "g"
        request.generation = first
        request.member = members[0]
        request.protocolType = "connect"
        let inconsistent = machine.send(request) { $0.syncGroup }
        #expect(machine.synced(inconsistent)?.errorCode == .inconsistentGroupProtocol)
        _ = machine.join(LoggedCoordinator.join(members[0]))
        #expect(machine.synced(machine.sync(members[1], first))?.errorCode == .rebalanceInProgress)
        request.group = "nowhere"
        let nowhere = machine.send(request) { $0.syncGroup }
        #expect(machine.synced(nowhere)?.errorCode == .unknownMemberID)
    }

    @Test("who waits for the leader in vain has to join again")
    func leaderLost() {
        let machine = LoggedCoordinator()
        let joins = (0..<2).map { _ in machine.joinTwice() }
        machine.pass(7_000)
        let waiting = machine.sync(joins[1].member, first)
        _ = machine.leave([(joins[0].member, nil)])
        #expect(machine.synced(waiting)?.errorCode == .rebalanceInProgress)
        let again = machine.join(LoggedCoordinator.join(joins[1].member))
        #expect(machine.joined(again)?.leader == joins[1].member)
    }

    @Test("a member that joins and never asks for its part is out when the rebalance timeout has passed")
    func syncTimeout() {
        let machine = LoggedCoordinator()
        let joins = (0..<2).map { _ in machine.joinTwice() }
        machine.pass(7_000)
        let waiting = machine.sync(joins[1].member, first)
        for _ in 0..<15 {
            machine.pass(4_000)
            _ = machine.heartbeat(joins[0].member, first)
        }
        #expect(machine.synced(waiting)?.errorCode == .rebalanceInProgress)
        #expect(machine.group?.allMembers.map(\.id) == [joins[1].member])
    }

    @Test("heartbeats keep a member; who sends none is out, and the others hear of it")
    func sessions() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(2)
        for _ in 0..<5 {
            machine.pass(3_000)
            let error = machine.heartbeat(members[0], first)
            #expect(error == ErrorCode.none || error == .rebalanceInProgress)
        }
        #expect(machine.group?.allMembers.map(\.id) == [members[0]])
        #expect(machine.heartbeat(members[0], first) == .rebalanceInProgress)
        #expect(machine.heartbeat(members[1], first) == .unknownMemberID)
        #expect(machine.heartbeat(members[0], GenerationID(rawValue: 0)) == .illegalGeneration)
        #expect(machine.heartbeat(members[0], first, group: "nowhere") == .unknownMemberID)
    }

    @Test("a member that waits for the answer to its join needs no heartbeats")
    func waiting() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(2)
        let ticket = machine.join(LoggedCoordinator.join(members[0]))
        for _ in 0..<5 {
            machine.pass(9_000)
            _ = machine.heartbeat(members[1], first)
        }
        #expect(machine.group?.memberCount == 2)
        #expect(machine.joined(ticket) == nil)
        _ = machine.join(LoggedCoordinator.join(members[1]))
        #expect(machine.joined(ticket)?.generation == GenerationID(rawValue: 2))
    }

    @Test("a new member whose client gives up is forgotten after five minutes")
    func givenUp() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(1)
        var request = LoggedCoordinator.join()
        request.rebalanceTimeoutMs = 600_000
        let ticket = machine.join(request, 3)
        for _ in 0..<40 {
            machine.pass(8_000)
            _ = machine.heartbeat(members[0], first)
        }
        #expect(machine.joined(ticket)?.errorCode == .unknownMemberID)
        #expect(machine.group?.allMembers.map(\.id) == members)
    }

    @Test("members leave one by one or together, and each hears what became of it")
    func leave() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(3)
        #expect(machine.leave([(members[0], nil)], 1)?.errorCode == ErrorCode.none)
        #expect(machine.leave([(members[0], nil)], 1)?.errorCode == .unknownMemberID)
        #expect(machine.heartbeat(members[1], first) == .rebalanceInProgress)
        let response = machine.leave([(members[1], nil), ("other", nil), (members[2], nil)])
        #expect(response?.errorCode == ErrorCode.none)
        #expect(response?.members.map(\.errorCode) == [.none, .unknownMemberID, .none])
        #expect(machine.group?.memberCount == 0)
    }

    @Test("an id that was given out can be given back")
    func leavePending() throws {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(1)
        let pending = try #require(machine.joined(machine.join(LoggedCoordinator.join())))
        let ticket = machine.join(LoggedCoordinator.join(members[0]))
        #expect(machine.joined(ticket) == nil)
        #expect(machine.leave([(pending.member, nil)])?.members.map(\.errorCode) == [ErrorCode.none])
        machine.pass(60_000)
        #expect(machine.joined(ticket)?.members.map(\.id) == members)
    }

    @Test("when the last member is gone the group is empty, and the log says so")
    func empty() throws {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(1)
        _ = machine.leave([(members[0], nil)])
        #expect(machine.group?.state == .empty)
        guard case .classicGroup("g", let value?)? = machine.log.last else { throw Missing() }
        #expect(value.members.isEmpty)
        #expect(value.generation == GenerationID(rawValue: 2))
        #expect(value.protocolType == "consumer")
    }

    @Test("a complete generation goes on after a restart, with sessions that begin anew")
    func restart() throws {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(2)
        machine.pass(9_000)
        try machine.restart()
        machine.pass(9_000)
        #expect(machine.heartbeat(members[0], first) == ErrorCode.none)
        #expect(machine.synced(machine.sync(members[1], first))?.assignment == Bytes(members[1].rawValue))
        machine.pass(9_000)
        _ = machine.heartbeat(members[0], first)
        machine.pass(1_000)
        #expect(machine.heartbeat(members[1], first) == .unknownMemberID)
    }

    @Test("a rebalance under way begins again after a restart")
    func restartWithin() throws {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(2)
        _ = machine.join(LoggedCoordinator.join(members[0]))
        let ticket = machine.join(LoggedCoordinator.join(members[1]))
        #expect(machine.joined(ticket)?.generation == GenerationID(rawValue: 2))
        try machine.restart()
        let unknown = machine.sync(members[1], GenerationID(rawValue: 2))
        #expect(machine.synced(unknown)?.errorCode == .illegalGeneration)
        #expect(machine.generation == first)
        _ = machine.join(LoggedCoordinator.join(members[0]))
        let again = machine.join(LoggedCoordinator.join(members[1]))
        #expect(machine.joined(again)?.generation == GenerationID(rawValue: 2))
    }

    @Test("ten thousand members join, rebalance and leave in a time that grows with their number")
    func large() {
        let machine = LoggedCoordinator()
        var members = machine.stableGroup(10_000)
        #expect(machine.group?.state == .stable)
        members.removeFirst(10)
        _ = machine.leave((0..<10).map { (machine.group?.allMembers[$0].id ?? "", nil) })
        for member in members { _ = machine.join(LoggedCoordinator.join(member)) }
        #expect(machine.generation == GenerationID(rawValue: 2))
        machine.complete(members, machine.generation)
        for member in members { _ = machine.heartbeat(member, machine.generation) }
        #expect(
            machine.leave(members.map { ($0, nil) })?.members.allSatisfy { $0.errorCode == .none } == true)
        #expect(machine.group?.state == .empty)
    }
}
