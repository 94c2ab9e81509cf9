import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Expiry of offsets")
struct OffsetExpiryTests {
    private let first = GenerationID(rawValue: 1)
    private let day: Int64 = 24 * 60 * 60_000

    @Test("offsets of a group without members go a week after the last commit, and the group with them")
    func simple() throws {
        let machine = LoggedCoordinator()
        _ = machine.commit(LoggedCoordinator.commit(1))
        machine.pass(6 * day)
        _ = machine.commit(LoggedCoordinator.commit(2, 1))
        machine.pass(2 * day)
        #expect(machine.committed() == .none)
        #expect(machine.committed("t", 1) == 2)
        machine.pass(6 * day)
        #expect(machine.coordinator.groups.isEmpty)
        try machine.restart()
        #expect(machine.coordinator.groups.isEmpty)
    }

    @Test("the time of a group that had members begins when the last leaves")
    func emptied() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(1)
        _ = machine.commit(members[0], first)
        machine.pass(5_000)
        _ = machine.leave([(members[0], nil)])
        machine.pass(7 * day - 700_000)
        #expect(machine.committed() == 1)
        machine.pass(1_400_000)
        #expect(machine.committed() == .none)
        #expect(machine.group == nil)
    }

    @Test("what members read is kept; what they read no more goes after a week")
    func subscribed() {
        let machine = LoggedCoordinator {
            $0.offsetsRetentionMs = 60_000; $0.offsetsRetentionCheckIntervalMs = 30_000
        }
        var request = LoggedCoordinator.join()
        request.sessionTimeoutMs = 1_800_000
        let members = machine.stableGroup(1, request)
        _ = machine.commit(members[0], first)
        var other = LoggedCoordinator.commit(2, of: "u")
        other.member = members[0]
        other.generation = first
        _ = machine.commit(other)
        machine.pass(120_000)
        #expect(machine.committed() == 1)
        #expect(machine.committed("u") == .none)
    }

    @Test(
        "a client of an old version says itself how long it needs an offset, and a restart does not forget it"
    )
    func ownRetention() throws {
        let machine = LoggedCoordinator()
        var request = LoggedCoordinator.commit(1)
        request.retentionTimeMs = 14 * day
        #expect(machine.commit(request, 4) == ErrorCode.none)
        try machine.restart()
        machine.pass(13 * day)
        #expect(machine.committed() == 1)
        machine.pass(day + 600_000)
        #expect(machine.committed() == .none)
    }

    @Test("a group that was made by a client that never came back goes as well")
    func abandoned() {
        let machine = LoggedCoordinator()
        _ = machine.join(LoggedCoordinator.join())
        #expect(machine.group != nil)
        machine.pass(600_000)
        #expect(machine.group == nil)
    }
}
