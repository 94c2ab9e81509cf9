import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Committed offsets")
struct OffsetTests {
    private let first = GenerationID(rawValue: 1)

    @Test("a member commits in its generation, and in no other")
    func members() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(2)
        #expect(machine.commit(members[0], first, 7) == ErrorCode.none)
        #expect(machine.commit(members[0], GenerationID(rawValue: 0), 8) == .illegalGeneration)
        #expect(machine.commit("other", first, 8) == .unknownMemberID)
        #expect(machine.commit("", .none, 8) == .unknownMemberID)
        #expect(machine.committed() == 7)

        // While others join the member may still say how far it has come.
        _ = machine.join(LoggedCoordinator.join(members[0]))
        #expect(machine.commit(members[1], first, 9) == ErrorCode.none)
        _ = machine.join(LoggedCoordinator.join(members[1]))
        #expect(machine.commit(members[1], machine.generation, 10) == .rebalanceInProgress)
        #expect(machine.committed() == 9)
    }

    @Test("a commit is a sign of life")
    func session() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(1)
        for _ in 0..<5 {
            machine.pass(9_000)
            #expect(machine.commit(members[0], first) == ErrorCode.none)
        }
    }

    @Test("who is no member commits to a group without members, which the first offset makes")
    func simple() throws {
        let machine = LoggedCoordinator()
        #expect(machine.commit(LoggedCoordinator.commit(3)) == ErrorCode.none)
        #expect(machine.committed() == 3)
        #expect(machine.group?.isSimple == true)
        try machine.restart()
        #expect(machine.committed() == 3)

        var claim = LoggedCoordinator.commit(4, group: "new")
        claim.generation = first
        claim.member = "m"
        #expect(machine.commit(claim, 8) == .illegalGeneration)
        #expect(machine.commit(claim, 9) == .groupIDNotFound)
    }

    @Test("all that was committed with an offset is given back, also after a restart")
    func details() throws {
        let machine = LoggedCoordinator()
        var request = LoggedCoordinator.commit(5)
        request.topics[0].partitions[0].leaderEpoch = LeaderEpoch(rawValue: 3)
        request.topics[0].partitions[0].metadata = "mine"
        _ = machine.commit(request)
        try machine.restart()
        var group = OffsetFetchRequest.Group()
        group.id = "g"
        let partition = machine.fetch(group)?.topics.first?.partitions.first
        #expect(partition?.offset == 5)
        #expect(partition?.leaderEpoch == LeaderEpoch(rawValue: 3))
        #expect(partition?.metadata == "mine")
    }

    @Test("metadata that is too long, and topics and partitions that do not exist, are refused one by one")
    func refusals() {
        let machine = LoggedCoordinator { $0.offsetMetadataMaximumByteCount = 4 }
        var request = LoggedCoordinator.commit(1)
        request.topics[0].partitions[0].metadata = "12345"
        #expect(machine.commit(request) == .offsetMetadataTooLarge)
        #expect(machine.commit(LoggedCoordinator.commit(1, of: "missing")) == .unknownTopicOrPartition)
        #expect(machine.commit(LoggedCoordinator.commit(1, 4)) == .unknownTopicOrPartition)
        var both = LoggedCoordinator.commit(1, of: "missing")
        both.topics += LoggedCoordinator.commit(1).topics
        let ticket = machine.send(both, 9) { $0.offsetCommit }
        let response: OffsetCommitResponse? = machine.answer(ticket)
        #expect(
            response?.topics.map { $0.partitions[0].errorCode } == [.unknownTopicOrPartition, .none])
        #expect(machine.committed() == 1)
    }

    @Test("since version 10 topics go by their ids")
    func topicIDs() {
        let machine = LoggedCoordinator()
        var request = LoggedCoordinator.commit(6, of: "")
        request.topics[0].id = TopicID(high: 1, low: 1)
        #expect(machine.commit(request, 10) == ErrorCode.none)
        #expect(machine.committed() == 6)
        request.topics[0].id = TopicID(high: 9, low: 9)
        #expect(machine.commit(request, 10) == .unknownTopicID)

        var group = OffsetFetchRequest.Group()
        group.id = "g"
        #expect(machine.fetch(group, 10)?.topics.map(\.id) == [TopicID(high: 1, low: 1)])
        group.topics = [TopicID(high: 1, low: 1), TopicID(high: 9, low: 9)].map { id in
            var topic = OffsetFetchRequest.Topic()
            topic.id = id
            topic.partitions = [0]
            return topic
        }
        let partitions = machine.fetch(group, 10)?.topics.map { $0.partitions[0] }
        #expect(partitions?.map(\.offset) == [6, .none])
        #expect(partitions?.map(\.errorCode) == [.none, .unknownTopicID])
    }

    @Test("clients of before version 8 ask for one group, and nothing known is no error")
    func oldFetch() {
        let machine = LoggedCoordinator()
        _ = machine.commit(LoggedCoordinator.commit(2))
        var request = OffsetFetchRequest()
        request.group = "g"
        request.topics = nil
        let all: OffsetFetchResponse? = machine.answer(machine.send(request, 7) { $0.offsetFetch })
        #expect(all?.topics.map(\.name) == ["t"])
        request.group = "nowhere"
        var topic = OffsetFetchRequest.Topic()
        topic.name = "t"
        topic.partitions = [0, 1]
        request.topics = [topic]
        let none: OffsetFetchResponse? = machine.answer(machine.send(request, 1) { $0.offsetFetch })
        #expect(none?.errorCode == ErrorCode.none)
        #expect(none?.topics.first?.partitions.map(\.offset) == [.none, .none])
    }

    @Test("offsets of topics that the group reads are kept; others go when asked")
    func delete() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(1)
        _ = machine.commit(members[0], first, 1)
        #expect(machine.delete("t") == .groupSubscribedToTopic)
        #expect(machine.committed() == 1)
        _ = machine.leave([(members[0], nil)])
        #expect(machine.delete("missing") == .unknownTopicOrPartition)
        #expect(machine.delete("t") == ErrorCode.none)
        #expect(machine.committed() == .none)
    }

    @Test("of a group of other members nothing is deleted while it has some")
    func deleteOther() {
        let machine = LoggedCoordinator()
        let ticket = machine.join(LoggedCoordinator.join(type: "connect"), 3)
        machine.pass(3_000)
        #expect(machine.joined(ticket)?.errorCode == ErrorCode.none)
        var request = OffsetDeleteRequest()
        request.group = "g"
        let refused: OffsetDeleteResponse? = machine.answer(machine.send(request) { $0.offsetDelete })
        #expect(refused?.errorCode == .nonEmptyGroup)
        request.group = "nowhere"
        let unknown: OffsetDeleteResponse? = machine.answer(machine.send(request) { $0.offsetDelete })
        #expect(unknown?.errorCode == .groupIDNotFound)
    }

    @Test("offsets of a deleted topic go, also if it was deleted while nobody looked")
    func lostTopics() throws {
        let machine = LoggedCoordinator()
        _ = machine.commit(LoggedCoordinator.commit(1))
        _ = machine.commit(LoggedCoordinator.commit(2, of: "u"))
        machine.topicsChanged(
            TopicCatalogue([
                .init(id: TopicID(high: 7, low: 7), name: "t", partitionCount: 4),
                .init(id: TopicID(high: 2, low: 2), name: "u", partitionCount: 3),
            ]))
        #expect(machine.committed() == .none)
        #expect(machine.committed("u") == 2)

        var value = OffsetCommitValue()
        value.offset = 9
        value.topicID = TopicID(high: 8, low: 8)
        machine.coordinator.apply(.offset(OffsetCommitKey("h", "t", 0), value))
        machine.coordinator.didLoad(now: machine.now)
        #expect(machine.committed(group: "h") == .none)
    }
}
