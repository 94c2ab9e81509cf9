import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Offsets stored in transactions")
struct TxnOffsetCommitTests {
    private let first = GenerationID(rawValue: 1)
    private let a = ProducerID(rawValue: 1)
    private let b = ProducerID(rawValue: 2)

    @Test(
        "an offset counts when its transaction is committed, and never if it is aborted",
        arguments: [false, true])
    func outcome(isCommit: Bool) throws {
        let machine = LoggedCoordinator()
        #expect(machine.commit(LoggedCoordinator.commit(3)) == ErrorCode.none)
        #expect(machine.commit(LoggedCoordinator.txnCommit(a, 7)) == ErrorCode.none)
        #expect(machine.committed() == 3)
        #expect(machine.stable()?.errorCode == .unstableOffsetCommit)
        #expect(machine.stable()?.offset == Offset.none)
        #expect(machine.stable("t", 1)?.errorCode == ErrorCode.none)
        try machine.restart()
        #expect(machine.stable()?.errorCode == .unstableOffsetCommit)
        machine.end(a, isCommit: isCommit)
        for _ in 0..<2 {
            #expect(machine.committed() == (isCommit ? 7 : 3))
            #expect(machine.stable()?.offset == (isCommit ? 7 : 3))
            try machine.restart()
        }
    }

    @Test("what stands later in the log wins, whenever its transaction ends")
    func order() {
        let machine = LoggedCoordinator()
        _ = machine.commit(LoggedCoordinator.txnCommit(a, 5))
        _ = machine.commit(LoggedCoordinator.txnCommit(b, 6))
        machine.end(b, isCommit: true)
        #expect(machine.committed() == 6)
        #expect(machine.stable()?.errorCode == .unstableOffsetCommit)
        machine.end(a, isCommit: true)
        #expect(machine.stable()?.offset == 6)

        _ = machine.commit(LoggedCoordinator.txnCommit(a, 7))
        _ = machine.commit(LoggedCoordinator.commit(8))
        machine.end(a, isCommit: true)
        #expect(machine.stable()?.offset == 8)
    }

    @Test("all offsets of a group are unstable only where transactions are open")
    func all() {
        let machine = LoggedCoordinator()
        _ = machine.commit(LoggedCoordinator.commit(1))
        _ = machine.commit(LoggedCoordinator.commit(2, of: "u"))
        _ = machine.commit(LoggedCoordinator.txnCommit(a, 5))
        _ = machine.commit(LoggedCoordinator.txnCommit(a, 5, of: "u", 1))
        var group = OffsetFetchRequest.Group()
        group.id = "g"
        let topics = machine.fetch(group, requireStable: true)?.topics
        #expect(topics?.map(\.name) == ["t", "u"])
        #expect(topics?.map { $0.partitions.map(\.errorCode) } == [[.unstableOffsetCommit], [.none]])
        #expect(machine.fetch(group)?.topics.map { $0.partitions.map(\.offset) } == [[1], [2]])
    }

    @Test("the records are the producer's, the answer says what became of each partition")
    func records() throws {
        let machine = LoggedCoordinator { $0.offsetMetadataMaximumByteCount = 3 }
        var request = LoggedCoordinator.txnCommit(a, 5)
        request.topics[0].partitions[0].leaderEpoch = LeaderEpoch(rawValue: 4)
        var long = request.topics[0].partitions[0]
        long.index = 1
        long.metadata = "long"
        var missing = long
        missing.index = 9
        request.topics[0].partitions += [long, missing]
        let response: TxnOffsetCommitResponse? = machine.answer(
            machine.send(request, 5) { $0.txnOffsetCommit })
        #expect(
            response?.topics.first?.partitions.map(\.errorCode) == [
                .none, .offsetMetadataTooLarge, .unknownTopicOrPartition,
            ])
        guard case .record(.offset(let key, let value?), let producer)? = machine.entries.last else {
            throw Missing()
        }
        #expect(machine.entries.count == 1)
        #expect(key == OffsetCommitKey("g", "t", 0))
        #expect(value.leaderEpoch == LeaderEpoch(rawValue: 4))
        #expect(value.topicID == LoggedCoordinator.topics["t"]?.id)
        #expect(producer == a)
        // A refused request stores nothing, so it needs no transaction.
        #expect(machine.commit(LoggedCoordinator.txnCommit(a, 5, of: "nowhere")) == .unknownTopicOrPartition)
        #expect(machine.entries.count == 1)
    }

    @Test("topics are named by their ids since version 6")
    func topicIDs() throws {
        let machine = LoggedCoordinator()
        var request = LoggedCoordinator.txnCommit(a, 5, of: "")
        request.topics[0].id = try #require(LoggedCoordinator.topics["t"]).id
        #expect(machine.commit(request, 6) == ErrorCode.none)
        request.topics[0].id = TopicID(high: 9, low: 9)
        #expect(machine.commit(request, 6) == .unknownTopicID)
        machine.end(a, isCommit: true)
        #expect(machine.committed() == 5)
    }

    // MARK: Who may

    @Test("producers of a classic group store for its members, in their generation")
    func classicGroup() {
        let machine = LoggedCoordinator()
        let members = machine.stableGroup(2)
        #expect(machine.commit(a, members[0], first) == ErrorCode.none)
        #expect(machine.commit(a, members[0], GenerationID(rawValue: 0)) == .illegalGeneration)
        #expect(machine.commit(a, members[0], .none) == .illegalGeneration)
        #expect(machine.commit(a, "other", first) == .unknownMemberID)
        #expect(machine.commit(a, members[0], instance: "i", first) == .unknownMemberID)
        // Producers of old versions do not say for whom.
        #expect(machine.commit(a, "", .none) == ErrorCode.none)
        #expect(machine.commit("", .none, 8) == .unknownMemberID)
        // What was worked off may be stored although the next generation is on its way.
        for member in members { _ = machine.join(LoggedCoordinator.join(member)) }
        #expect(machine.commit(members[0], machine.generation) == .rebalanceInProgress)
        #expect(machine.commit(a, members[0], machine.generation) == ErrorCode.none)
    }

    @Test("a static member that was replaced is fenced")
    func staticMembers() throws {
        let machine = LoggedCoordinator()
        let former = machine.join(LoggedCoordinator.join(instance: "i"))
        machine.pass(3_000)
        let member = try #require(machine.joined(former)?.member)
        _ = machine.sync(member, first, instance: "i", parts: [member: Bytes([1])])
        #expect(machine.commit(a, member, instance: "i", first) == ErrorCode.none)
        let next = machine.join(LoggedCoordinator.join(instance: "i"))
        #expect(machine.joined(next)?.errorCode == ErrorCode.none)
        #expect(machine.commit(a, member, instance: "i", first) == .fencedInstanceID)
    }

    @Test("members of a consumer group are known by their epoch, which producers call generation")
    func consumerGroup() throws {
        let broker = ConsumerCoordinator(["a": 1])
        try ConsumerClient("m", broker, topics: ["a"]).poll()
        let group = try #require(broker.coordinator.consumerGroup("group"))
        func check(_ member: MemberID, _ epoch: Int32) -> ErrorCode? {
            var committer = OffsetCommitter(version: 3, isTransactional: true)
            committer.member = member
            committer.epoch = epoch
            return group.validateOffsetCommit(committer)
        }
        #expect(check("m", 1) == nil)
        #expect(check("m", 0) == .staleMemberEpoch)
        #expect(check("", -1) == .unknownMemberID)
    }

    @Test("the first offset makes a group without members; a generation of no group is not known")
    func unknownGroup() {
        let machine = LoggedCoordinator()
        #expect(machine.commit(a, "m", first) == .illegalGeneration)
        #expect(machine.coordinator.groups.isEmpty)
        #expect(machine.commit(LoggedCoordinator.txnCommit(a, 1)) == ErrorCode.none)
        #expect(machine.group?.isSimple == true)
        #expect(machine.commit(LoggedCoordinator.txnCommit(a, 1, group: "")) == .invalidGroupID)
        #expect(machine.commit(LoggedCoordinator.txnCommit(.none, 1)) == .invalidProducerIDMapping)
    }

    // MARK: What goes

    @Test("deleted offsets and groups are gone for transactions, too")
    func deletion() throws {
        let machine = LoggedCoordinator()
        _ = machine.commit(LoggedCoordinator.txnCommit(a, 5))
        _ = machine.commit(LoggedCoordinator.txnCommit(a, 5, group: "h"))
        machine.delete("t")
        #expect(machine.stable()?.errorCode == ErrorCode.none)
        var request = DeleteGroupsRequest()
        request.groups = ["h"]
        _ = machine.send(request) { $0.deleteGroups }
        machine.end(a, isCommit: true)
        #expect(machine.committed() == .none)
        #expect(machine.committed(group: "h") == .none)
        #expect(Array(machine.coordinator.groups.keys) == ["g"])
        try machine.restart()
        #expect(machine.stable()?.offset == Offset.none)
        #expect(Array(machine.coordinator.groups.keys) == ["g"])
    }

    @Test("offsets and groups do not expire while a transaction holds on to them")
    func expiry() {
        let machine = LoggedCoordinator { $0.offsetsRetentionMs = 60_000 }
        _ = machine.commit(LoggedCoordinator.commit(1))
        _ = machine.commit(LoggedCoordinator.txnCommit(a, 5))
        _ = machine.commit(LoggedCoordinator.txnCommit(a, 5, group: "h"))
        machine.pass(2_000_000)
        #expect(machine.committed() == 1)
        #expect(machine.coordinator.groups.count == 2)
        machine.end(a, isCommit: false)
        machine.pass(1_200_000)
        #expect(machine.coordinator.groups.isEmpty)
    }

    @Test("offsets of a deleted topic are not committed into the next topic of that name")
    func lostTopic() {
        let machine = LoggedCoordinator()
        _ = machine.commit(LoggedCoordinator.txnCommit(a, 5))
        _ = machine.commit(LoggedCoordinator.txnCommit(a, 6, of: "u"))
        machine.topicsChanged(
            TopicCatalogue([
                .init(id: TopicID(high: 7, low: 7), name: "t", partitionCount: 4),
                .init(id: TopicID(high: 2, low: 2), name: "u", partitionCount: 2),
            ]))
        machine.end(a, isCommit: true)
        #expect(machine.committed() == .none)
        #expect(machine.committed("u") == 6)
    }

    private struct Missing: Error {}
}

extension LoggedCoordinator {
    fileprivate func commit(
        _ producer: ProducerID, _ member: MemberID, instance: InstanceID? = nil, _ generation: GenerationID
    ) -> ErrorCode? {
        var request = LoggedCoordinator.txnCommit(producer, 1)
        request.member = member
        request.generation = generation
        request.instance = instance
        return commit(request)
    }
}
