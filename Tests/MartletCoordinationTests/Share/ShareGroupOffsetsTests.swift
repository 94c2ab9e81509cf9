import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Offsets of share groups")
struct ShareGroupOffsetsTests {
    private func describe(
        _ world: ShareGroupWorld, _ topics: [DescribeShareGroupOffsetsRequest.Topic]? = nil
    ) throws -> DescribeShareGroupOffsetsResponse.Group {
        let answer: DescribeShareGroupOffsetsResponse = try world.ask { coordinator, call in
            coordinator.describeShareGroupOffsets(
                DescribeShareGroupOffsetsRequest {
                    $0.groups = [
                        .init {
                            $0.id = "g"
                            $0.topics = topics
                        }
                    ]
                }, call)
        }
        return try #require(answer.groups.first)
    }

    private func alter(
        _ world: ShareGroupWorld, _ topic: TopicName, _ offsets: [PartitionIndex: Offset]
    ) throws -> AlterShareGroupOffsetsResponse {
        try world.ask { coordinator, call in
            coordinator.alterShareGroupOffsets(
                AlterShareGroupOffsetsRequest {
                    $0.group = "g"
                    $0.topics = [
                        .init {
                            $0.name = topic
                            $0.partitions = offsets.sorted { $0.key < $1.key }.map { index, offset in
                                .init {
                                    $0.index = index
                                    $0.startOffset = offset
                                }
                            }
                        }
                    ]
                }, call)
        }
    }

    private func delete(_ world: ShareGroupWorld, _ topic: TopicName) throws
        -> DeleteShareGroupOffsetsResponse
    {
        try world.ask { coordinator, call in
            coordinator.deleteShareGroupOffsets(
                DeleteShareGroupOffsetsRequest {
                    $0.group = "g"
                    $0.topics = [.init { $0.name = topic }]
                }, call)
        }
    }

    @Test("start and lag of each partition are told, and what is not there has an error of its own")
    func describeOffsets() throws {
        let world = ShareGroupWorld(["t": 2])
        #expect(try describe(world).errorCode == .groupIDNotFound)
        _ = try world.join("a")
        #expect(try world.write(1, startOffset: 30) == .none)
        let all = try describe(world)
        #expect(all.topics.map(\.name) == ["t"])
        #expect(all.topics[0].partitions.map(\.startOffset) == [.none, 30])
        #expect(all.topics[0].partitions.map(\.lag) == [-1, 70])
        let some = try describe(
            world,
            [
                .init {
                    $0.name = "t"; $0.partitions = [1, 5]
                },
                .init {
                    $0.name = "x"; $0.partitions = [0]
                },
            ])
        #expect(some.topics[0].partitions.map(\.errorCode) == [.none, .unknownTopicOrPartition])
        #expect(some.topics[1].partitions.map(\.errorCode) == [.unknownTopicOrPartition])
    }

    @Test("offsets are set only without members, and a leader with the old state cannot write it back")
    func alterOffsets() throws {
        let world = ShareGroupWorld(["t": 2])
        let epoch = try world.join("a").memberEpoch
        let oldState = try #require(world.states.lazy.flatMap(\.states.values).first).stateEpoch
        #expect(try alter(world, "t", [0: 5]).errorCode == .nonEmptyGroup)
        #expect(try world.heartbeat("a", .leaving).errorCode == .none)
        let answer = try alter(world, "t", [0: 5, 9: 5])
        #expect(answer.errorCode == .none)
        #expect(answer.topics[0].partitions.map(\.errorCode) == [.none, .unknownTopicOrPartition])
        #expect(try describe(world).topics[0].partitions.map(\.startOffset) == [5, .none])
        #expect(try world.write(0, startOffset: 80, stateEpoch: oldState) == .fencedStateEpoch)
        #expect(epoch < (world.coordinator.shareGroup("g")?.epoch ?? .joining))
        world.restart()
        #expect(try describe(world).topics[0].partitions.map(\.startOffset) == [5, .none])
        #expect(try alter(world, "x", [0: 5]).topics[0].partitions[0].errorCode == .unknownTopicOrPartition)
    }

    @Test("a group forgets a topic, and begins it anew when it reads it again")
    func deleteOffsets() throws {
        let world = ShareGroupWorld(["t": 1, "u": 1])
        _ = try world.join("a")
        #expect(try world.write(0, startOffset: 30) == .none)
        #expect(try delete(world, "t").errorCode == .nonEmptyGroup)
        _ = try world.heartbeat("a", .leaving)
        #expect(try delete(world, "x").topics.map(\.errorCode) == [.unknownTopicOrPartition])
        #expect(try delete(world, "u").topics.map(\.errorCode) == [.none])
        #expect(try delete(world, "t").topics.map(\.errorCode) == [.none])
        #expect(try describe(world).topics.isEmpty)
        #expect(world.stateCount == 0)
        #expect(try world.join("a").partitions() == [0])
        #expect(try describe(world).topics[0].partitions.map(\.startOffset) == [.none])
    }

    @Test("deleting a group takes its state along; if that fails the group stays, and can be deleted later")
    func deleteGroup() throws {
        let world = ShareGroupWorld()
        func delete() throws -> [ErrorCode] {
            let answer: DeleteGroupsResponse = try world.ask { coordinator, call in
                coordinator.deleteGroups(DeleteGroupsRequest { $0.groups = ["g", "h"] }, call)
            }
            return answer.groups.map(\.errorCode)
        }
        _ = try world.join("a")
        #expect(try delete() == [.nonEmptyGroup, .groupIDNotFound])
        _ = try world.heartbeat("a", .leaving)
        world.stateFailure = .coordinatorNotAvailable
        #expect(try delete() == [.groupDeletionFailed, .groupIDNotFound])
        world.stateFailure = nil
        world.restart()
        #expect(try delete() == [.none, .groupIDNotFound])
        #expect(world.stateCount == 0)
        #expect(world.loaded().groups.isEmpty)
        #expect(try world.join("a").partitions() == [0, 1, 2, 3])
    }

    @Test("a topic that is deleted is forgotten by the group and by the share state")
    func deletedTopic() throws {
        let world = ShareGroupWorld(["t": 2, "u": 1])
        _ = try world.join("a", ["t", "u"])
        world.set(["u": 1])
        world.sync()
        #expect(world.coordinator.shareGroup("g")?.states.topics.keys.sorted() == [ShareGroupWorld.id("u")])
        #expect(world.stateCount == 1)
        world.restart()
        #expect(world.stateCount == 1)
    }
}
