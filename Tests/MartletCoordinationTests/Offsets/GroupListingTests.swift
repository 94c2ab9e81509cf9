import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Groups as administrators see them")
struct GroupListingTests {
    private func list(_ machine: LoggedCoordinator, states: [String] = [], types: [String] = []) -> [GroupID]
    {
        var request = ListGroupsRequest()
        request.statesFilter = states
        request.typesFilter = types
        let response: ListGroupsResponse? = machine.answer(machine.send(request) { $0.listGroups })
        return response?.groups.map(\.id) ?? []
    }

    private func describe(_ machine: LoggedCoordinator, _ group: GroupID, _ version: Int16 = 6)
        -> DescribeGroupsResponse.Group?
    {
        var request = DescribeGroupsRequest()
        request.groups = [group]
        let ticket = machine.send(request, version) { $0.describeGroups }
        return machine.answer(ticket, as: DescribeGroupsResponse.self)?.groups.first
    }

    @Test("groups are found by state and type, however they are written")
    func filters() {
        let machine = LoggedCoordinator()
        _ = machine.stableGroup(1)
        _ = machine.commit(LoggedCoordinator.commit(1, group: "simple"))
        #expect(list(machine) == ["g", "simple"])
        #expect(list(machine, states: ["stable"]) == ["g"])
        #expect(list(machine, states: ["Empty", "Dead"], types: ["CLASSIC"]) == ["simple"])
        #expect(list(machine, types: ["consumer"]).isEmpty)
        #expect(list(machine, states: ["nonsense"]).isEmpty)
    }

    @Test("a description has what members said and got, when that is settled")
    func description() throws {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(2)
        let stable = try #require(describe(machine, "g"))
        #expect(stable.state == "Stable")
        #expect(stable.protocolName == "range")
        #expect(stable.members.map(\.id) == members)
        #expect(stable.members[0].clientID == "client")
        #expect(stable.members[0].clientHost == "/127.0.0.1")
        #expect(stable.members[1].assignment == Bytes(members[1].rawValue))
        _ = machine.join(LoggedCoordinator.join(members[0]))
        let unsettled = try #require(describe(machine, "g"))
        #expect(unsettled.state == "PreparingRebalance")
        #expect(unsettled.members.allSatisfy { $0.metadata.isEmpty && $0.assignment.isEmpty })
    }

    @Test("a group that does not exist is dead, and since version 6 an error")
    func missing() {
        let machine = LoggedCoordinator()
        #expect(describe(machine, "g", 5)?.state == "Dead")
        #expect(describe(machine, "g", 5)?.errorCode == ErrorCode.none)
        #expect(describe(machine, "g", 6)?.errorCode == .groupIDNotFound)
        #expect(describe(machine, "g", 6)?.errorMessage == "There is no group g.")
    }

    @Test("a group is deleted with its offsets when nobody is in it")
    func delete() throws {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(1)
        _ = machine.commit(members[0], GenerationID(rawValue: 1))
        var request = DeleteGroupsRequest()
        request.groups = ["g", "nowhere", ""]
        let refused: DeleteGroupsResponse? = machine.answer(machine.send(request) { $0.deleteGroups })
        #expect(refused?.groups.map(\.errorCode) == [.nonEmptyGroup, .groupIDNotFound, .invalidGroupID])
        _ = machine.leave([(members[0], nil)])
        request.groups = ["g"]
        let done: DeleteGroupsResponse? = machine.answer(machine.send(request) { $0.deleteGroups })
        #expect(done?.groups.map(\.errorCode) == [ErrorCode.none])
        #expect(machine.committed() == .none)
        try machine.restart()
        #expect(machine.coordinator.groups.isEmpty)
    }
}
