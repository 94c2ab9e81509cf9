import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Static members of a classic group")
struct StaticMemberTests {
    private let first = GenerationID(rawValue: 1)

    /// A stable group of static members `a`, the leader, and `b`.
    private func pair(_ version: Int16 = 9) -> (machine: LoggedCoordinator, a: MemberID, b: MemberID) {
        let machine = LoggedCoordinator()
        let tickets = (["a", "b"] as [InstanceID]).map {
            machine.join(LoggedCoordinator.join(instance: $0), version)
        }
        machine.pass(6_000)
        let members = tickets.compactMap { machine.joined($0)?.member }
        machine.complete(members, first)
        return (machine, members[0], members[1])
    }

    @Test("a static member that restarts keeps its part: no rebalance, and the log knows the new id first")
    func replaced() throws {
        let (machine, _, b) = pair()
        let back = try #require(machine.joined(machine.join(LoggedCoordinator.join(instance: "b"))))
        #expect(back.errorCode == ErrorCode.none)
        #expect(back.generation == first)
        #expect(back.member != b)
        #expect(back.member.rawValue.hasPrefix("b-"))
        #expect(!back.skipAssignment)
        #expect(machine.group?.state == .stable)
        #expect(
            machine.synced(machine.sync(back.member, first, instance: "b"))?.assignment == Bytes(b.rawValue))

        try machine.restart()
        #expect(machine.heartbeat(back.member, first, instance: "b") == ErrorCode.none)
        #expect(machine.heartbeat(b, first, instance: "b") == .fencedInstanceID)
    }

    @Test("the former id is fenced in whatever it does")
    func fenced() throws {
        let (machine, _, b) = pair()
        _ = machine.join(LoggedCoordinator.join(instance: "b"))
        #expect(machine.heartbeat(b, first, instance: "b") == .fencedInstanceID)
        #expect(machine.synced(machine.sync(b, first, instance: "b"))?.errorCode == .fencedInstanceID)
        #expect(
            machine.joined(machine.join(LoggedCoordinator.join(b, instance: "b")))?.errorCode
                == .fencedInstanceID)
        #expect(machine.leave([(b, "b")])?.members.first?.errorCode == .fencedInstanceID)
        #expect(machine.commit(b, first, instance: "b") == .fencedInstanceID)
        #expect(machine.heartbeat(b, first) == .unknownMemberID)
    }

    @Test("a leader that restarts learns of the members and need not divide (since version 9)")
    func leader() throws {
        let (machine, _, b) = pair()
        let back = try #require(machine.joined(machine.join(LoggedCoordinator.join(instance: "a"))))
        #expect(back.skipAssignment)
        #expect(back.leader == back.member)
        #expect(back.members.map(\.id) == [back.member, b])
        #expect(machine.heartbeat(b, first, instance: "b") == ErrorCode.none)
    }

    @Test("a leader of before version 9 is not told that it leads")
    func oldLeader() throws {
        let (machine, a, _) = pair(5)
        let back = try #require(machine.joined(machine.join(LoggedCoordinator.join(instance: "a"), 5)))
        #expect(back.leader == a)
        #expect(back.members.isEmpty)
        #expect(machine.group?.state == .stable)
    }

    @Test("who comes under a name that somebody waits under takes its place")
    func whileWaiting() {
        let machine = LoggedCoordinator()
        let former = machine.join(LoggedCoordinator.join(instance: "a"))
        let latter = machine.join(LoggedCoordinator.join(instance: "a"))
        #expect(machine.joined(former)?.errorCode == .fencedInstanceID)
        machine.pass(7_000)
        #expect(machine.joined(latter)?.members.count == 1)
    }

    @Test("a static member that comes back before the leader has divided makes all join again")
    func beforeSync() {
        let machine = LoggedCoordinator()
        let tickets = (["a", "b"] as [InstanceID]).map { machine.join(LoggedCoordinator.join(instance: $0)) }
        machine.pass(7_000)
        let leader = machine.joined(tickets[0])?.member ?? ""
        let back = machine.join(LoggedCoordinator.join(instance: "b"))
        #expect(machine.joined(back) == nil)
        #expect(machine.heartbeat(leader, first, instance: "a") == .rebalanceInProgress)
        _ = machine.join(LoggedCoordinator.join(leader, instance: "a"))
        #expect(machine.joined(back)?.generation == GenerationID(rawValue: 2))
    }

    @Test("a static member that comes back during a rebalance is known by its new id after a restart")
    func replacedWithin() throws {
        let (machine, a, b) = pair()
        _ = machine.join(LoggedCoordinator.join(a, instance: "a", topics: ["u"]))
        let back = machine.join(LoggedCoordinator.join(instance: "b"))
        let second = GenerationID(rawValue: 2)
        let member = try #require(machine.joined(back)?.member)
        #expect(machine.heartbeat(member, second, instance: "b") == ErrorCode.none)
        try machine.restart()
        // Generation 2 was not complete, so it is forgotten; that is no reason to fence anyone.
        #expect(machine.generation == first)
        #expect(machine.heartbeat(member, second, instance: "b") == .illegalGeneration)
        #expect(machine.heartbeat(member, first, instance: "b") == ErrorCode.none)
        #expect(machine.heartbeat(b, first, instance: "b") == .fencedInstanceID)
    }

    @Test("a static member that does not join again stays until its session ends")
    func absent() {
        let (machine, a, b) = pair()
        machine.pass(5_000)
        let ticket = machine.join(LoggedCoordinator.join(a, instance: "a"))
        machine.pass(4_000)
        #expect(machine.heartbeat(b, first, instance: "b") == .rebalanceInProgress)
        machine.pass(9_000)
        #expect(machine.joined(ticket) == nil)
        machine.pass(1_000)
        #expect(machine.joined(ticket)?.members.map(\.id) == [a])
    }

    @Test("an administrator takes out a static member by its name")
    func removed() {
        let (machine, _, b) = pair()
        let response = machine.leave([("", "b"), ("", "other"), ("", nil)])
        #expect(response?.members.map(\.errorCode) == [.none, .unknownMemberID, .unknownMemberID])
        #expect(machine.heartbeat(b, first, instance: "b") == .unknownMemberID)
    }
}
