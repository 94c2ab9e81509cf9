import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Joining a classic group")
struct ClassicJoinTests {
    @Test("a new member is given an id to join with, and the id is worth nothing after its session")
    func memberID() throws {
        let machine = LoggedCoordinator()
        let refusal = try #require(machine.joined(machine.join(LoggedCoordinator.join())))
        #expect(refusal.errorCode == .memberIDRequired)
        #expect(refusal.member.rawValue.hasPrefix("client-"))
        #expect(machine.group?.state == .empty)

        machine.pass(10_000)
        let late = machine.join(LoggedCoordinator.join(refusal.member))
        #expect(machine.joined(late)?.errorCode == .unknownMemberID)
    }

    @Test("a client of before version 4 is taken in at once")
    func oldClient() {
        let machine = LoggedCoordinator()
        let ticket = machine.join(LoggedCoordinator.join(), 3)
        #expect(machine.joined(ticket) == nil)
        machine.pass(3_000)
        #expect(machine.joined(ticket)?.errorCode == ErrorCode.none)
        #expect(machine.joined(ticket)?.generation == GenerationID(rawValue: 1))
        #expect(machine.joined(ticket)?.leader == machine.joined(ticket)?.member)
    }

    @Test("the leader alone learns who the members are, and of one protocol")
    func leader() throws {
        let machine = LoggedCoordinator()
        let joins = (0..<3).map { _ in machine.joinTwice() }
        machine.pass(7_000)
        let responses = joins.compactMap { machine.joined($0.ticket) }
        #expect(responses.count == 3)
        #expect(responses.allSatisfy { $0.generation == GenerationID(rawValue: 1) })
        #expect(responses.allSatisfy { $0.leader == joins[0].member && $0.protocolName == "range" })
        #expect(responses[0].members.map(\.id) == joins.map(\.member))
        #expect(responses[0].members[1].metadata == LoggedCoordinator.subscription(["t"]))
        #expect(responses[1].members.isEmpty)
    }

    @Test("the first members are waited for longer while others come, but not without end")
    func initialDelay() {
        let machine = LoggedCoordinator()
        let first = machine.joinTwice()
        machine.pass(2_000)
        _ = machine.joinTwice()
        machine.pass(1_000)
        #expect(machine.joined(first.ticket) == nil)
        machine.pass(2_999)
        #expect(machine.joined(first.ticket) == nil)
        machine.pass(1)
        #expect(machine.joined(first.ticket)?.generation == GenerationID(rawValue: 1))

        let crowded = LoggedCoordinator()
        let earliest = crowded.joinTwice()
        for _ in 0..<40 where crowded.joined(earliest.ticket) == nil {
            crowded.pass(2_000)
            _ = crowded.joinTwice()
        }
        // The rebalance timeout of the members bounds it.
        #expect(crowded.joined(earliest.ticket) != nil)
        #expect(crowded.now - 1_000_000 <= 64_000)
    }

    @Test("a group takes the protocol that all can do and most prefer")
    func votes() {
        let machine = LoggedCoordinator()
        let tickets = [["a", "b", "c"], ["c", "b"], ["c", "b", "d"], ["c", "b"]].map { protocols in
            machine.join(LoggedCoordinator.join(protocols: protocols), 3)
        }
        machine.pass(7_000)
        #expect(tickets.allSatisfy { machine.joined($0)?.protocolName == "c" })
    }

    @Test("who can do none of the group's protocols stays outside")
    func inconsistent() {
        let machine = LoggedCoordinator()
        _ = machine.stableGroup(1)
        for request in [
            LoggedCoordinator.join(protocols: ["other"]), LoggedCoordinator.join(type: "connect"),
            LoggedCoordinator.join(protocols: []),
        ] {
            #expect(machine.joined(machine.join(request))?.errorCode == .inconsistentGroupProtocol)
        }
        let nobody = LoggedCoordinator.join(type: "", group: "new")
        #expect(machine.joined(machine.join(nobody))?.errorCode == .inconsistentGroupProtocol)
        #expect(machine.coordinator.groups["new"] == nil)
    }

    @Test("session timeouts outside of the broker's bounds, and groups without a name, are refused")
    func bounds() {
        let machine = LoggedCoordinator()
        var request = LoggedCoordinator.join()
        request.sessionTimeoutMs = 5_999
        #expect(machine.joined(machine.join(request))?.errorCode == .invalidSessionTimeout)
        request.sessionTimeoutMs = 1_800_001
        #expect(machine.joined(machine.join(request))?.errorCode == .invalidSessionTimeout)
        let nameless = LoggedCoordinator.join(group: "")
        #expect(machine.joined(machine.join(nameless))?.errorCode == .invalidGroupID)
    }

    @Test("a full group takes nobody more, and its members may stay")
    func maximumSize() {
        let machine = LoggedCoordinator { $0.maximumSize = 2 }
        let members = machine.stableGroup(2)
        #expect(machine.joined(machine.join(LoggedCoordinator.join()))?.errorCode == .groupMaxSizeReached)
        let again = machine.join(LoggedCoordinator.join(members[1]))
        #expect(machine.joined(again)?.errorCode == ErrorCode.none)
    }

    @Test("a join that is asked once more answers the former, and counts once")
    func repeated() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(2)
        let leader = machine.join(LoggedCoordinator.join(members[0]))
        let retry = machine.join(LoggedCoordinator.join(members[0]))
        #expect(machine.joined(leader)?.errorCode == .rebalanceInProgress)
        #expect(machine.joined(retry) == nil)
        let other = machine.join(LoggedCoordinator.join(members[1]))
        #expect(machine.joined(retry)?.generation == GenerationID(rawValue: 2))
        #expect(machine.joined(other)?.generation == GenerationID(rawValue: 2))
    }

    @Test("a follower that joins again unchanged gets its generation; a change makes all join")
    func rejoin() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(2)
        let unchanged = machine.join(LoggedCoordinator.join(members[1]))
        #expect(machine.joined(unchanged)?.generation == GenerationID(rawValue: 1))
        #expect(machine.group?.state == .stable)
        let changed = machine.join(LoggedCoordinator.join(members[1], topics: ["t", "u"]))
        #expect(machine.joined(changed) == nil)
        #expect(machine.heartbeat(members[0], GenerationID(rawValue: 1)) == .rebalanceInProgress)
        _ = machine.join(LoggedCoordinator.join(members[0]))
        #expect(machine.joined(changed)?.generation == GenerationID(rawValue: 2))
    }

    @Test("the leader joins again to divide anew")
    func leaderRejoins() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(2)
        let ticket = machine.join(LoggedCoordinator.join(members[0]))
        #expect(machine.group?.state == .preparingRebalance)
        _ = machine.join(LoggedCoordinator.join(members[1]))
        #expect(machine.joined(ticket)?.members.count == 2)
    }

    @Test("dynamic members that do not join again in time are out; a follower becomes the leader")
    func rebalanceTimeout() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(3)
        let ticket = machine.join(LoggedCoordinator.join(members[2], topics: ["u"]))
        for _ in 0..<15 {
            machine.pass(4_000)
            for member in members[..<2] { _ = machine.heartbeat(member, GenerationID(rawValue: 1)) }
        }
        #expect(machine.joined(ticket)?.leader == members[2])
        #expect(machine.joined(ticket)?.members.map(\.id) == [members[2]])
        #expect(machine.heartbeat(members[0], GenerationID(rawValue: 1)) == .unknownMemberID)
    }
}
