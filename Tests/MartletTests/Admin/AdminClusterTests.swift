import Martlet
import MartletCore
import MartletWire
import Testing

@Suite("Administration of a cluster", .timeLimit(.minutes(1)))
struct AdminClusterTests {
    @Test("the quorum is described as far as the broker knows it", arguments: [Int16(0), 1, 2])
    func quorum(version: Int16) async throws {
        try await ScriptedCluster.run { cluster, client in
            cluster.serve(DescribeQuorumRequest.self, 0...version) { request, _ in
                DescribeQuorumResponse { response in
                    response.topics = request.topics.map { topic in
                        DescribeQuorumResponse.Topic { answer in
                            answer.name = topic.name
                            answer.partitions = [
                                DescribeQuorumResponse.Partition { partition in
                                    partition.leader = BrokerID(rawValue: 1)
                                    partition.leaderEpoch = LeaderEpoch(rawValue: 7)
                                    partition.highWatermark = 100
                                    partition.currentVoters = [2, 1].map { (id: Int32) in
                                        DescribeQuorumResponse.Replica { replica in
                                            replica.id = BrokerID(rawValue: id)
                                            replica.logEndOffset = id == 1 ? 101 : -1
                                            if version >= 1 { replica.lastFetchTimestamp = id == 1 ? -1 : 5 }
                                            if version >= 2 {
                                                replica.directory = DirectoryID(
                                                    rawValue: TopicID(high: 1, low: UInt64(id)))
                                            }
                                        }
                                    }
                                }
                            ]
                        }
                    }
                    guard version >= 2 else { return }
                    response.nodes = [
                        DescribeQuorumResponse.Node { node in
                            node.id = BrokerID(rawValue: 1)
                            node.listeners = [
                                VoterListener { listener in
                                    listener.name = "CONTROLLER"
                                    listener.host = "c1"
                                    listener.port = 9093
                                }
                            ]
                        }
                    ]
                }
            }
            let quorum = try await client.admin.describeMetadataQuorum()
            #expect(quorum.leader == BrokerID(rawValue: 1))
            #expect(quorum.voters.map(\.id.rawValue) == [1, 2])
            #expect(quorum.voters.map(\.endOffset) == [101, nil])
            #expect(quorum.voters[1].lastFetch == (version >= 1 ? Timestamp(rawValue: 5) : nil))
            #expect((quorum.voters[0].directory != nil) == (version >= 2))
            #expect(
                quorum.listeners
                    == (version >= 2
                        ? [BrokerID(rawValue: 1): ["CONTROLLER": BrokerAddress(host: "c1", port: 9093)]]
                        : [:]))
        }
    }

    @Test("voters come and go, and a broker that is gone is struck off")
    func voters() async throws {
        try await ScriptedCluster.run { cluster, client in
            cluster.serve(AddRaftVoterRequest.self, 0...0) { _, _ in AddRaftVoterResponse() }
            cluster.serve(RemoveRaftVoterRequest.self) { _, _ in
                RemoveRaftVoterResponse { response in
                    response.errorCode = .voterNotFound
                    response.errorMessage = "no such voter"
                }
            }
            cluster.serve(UnregisterBrokerRequest.self) { _, _ in UnregisterBrokerResponse() }
            let directory = TopicID(high: 4, low: 5)
            try await client.admin.addRaftVoter(
                BrokerID(rawValue: 3), directory: directory,
                listeners: ["CONTROLLER": BrokerAddress(host: "c3", port: 9093)], clusterID: "scripted")
            let added = try #require(try cluster.requests(AddRaftVoterRequest.self).first)
            #expect(added.clusterID == "scripted")
            #expect(added.voter == BrokerID(rawValue: 3))
            #expect(added.directory.rawValue == directory)
            #expect(added.listeners.map(\.port) == [9093])
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.removeRaftVoter(BrokerID(rawValue: 3), directory: directory)
            }
            #expect(error?.code == .broker(.voterNotFound))
            #expect(error?.message.contains("no such voter") == true)
            try await client.admin.unregisterBroker(BrokerID(rawValue: 9))
            #expect(try cluster.requests(UnregisterBrokerRequest.self).first?.broker == BrokerID(rawValue: 9))
        }
    }

    @Test("a change goes to the controller, and to the new one when there is another")
    func controller() async throws {
        try await ScriptedCluster.run(brokers: 3) { cluster, client in
            cluster.with { $0.controller = BrokerID(rawValue: 1) }
            cluster.serve(ElectLeadersRequest.self) { request, broker in
                ElectLeadersResponse { response in
                    guard broker == BrokerID(rawValue: 2) else {
                        cluster.with { $0.controller = BrokerID(rawValue: 2) }
                        response.errorCode = .notController
                        return
                    }
                    response.topics = (request.topics ?? []).map { topic in
                        ElectLeadersResponse.Topic { answer in
                            answer.name = topic.name
                            answer.partitions = topic.partitions.map { index in
                                ElectLeadersResponse.Partition { partition in
                                    partition.index = index
                                    partition.errorCode = index == 0 ? .none : .electionNotNeeded
                                }
                            }
                        }
                    }
                }
            }
            let partitions = [1, 0].map { TopicPartition("t", $0) }
            let results = try await client.admin.electLeaders(of: partitions, .unclean)
            #expect(cluster.brokers(asked: .electLeaders) == [1, 2])
            #expect(throws: Never.self) { try results[partitions[1]]?.get() }
            let error = #expect(throws: MartletError.self) { try results[partitions[0]]?.get() }
            #expect(error?.code == .broker(.electionNotNeeded))
            let request = try #require(try cluster.requests(ElectLeadersRequest.self).last)
            #expect(request.electionType == .unclean)
            #expect(request.topics?.map(\.partitions) == [[0, 1]])
        }
    }

    @Test("moves of partitions begin, are called off, and are listed")
    func reassignments() async throws {
        try await ScriptedCluster.run { cluster, client in
            cluster.serve(AlterPartitionReassignmentsRequest.self) { request, _ in
                AlterPartitionReassignmentsResponse { response in
                    response.topics = request.topics.map { topic in
                        AlterPartitionReassignmentsResponse.Topic { answer in
                            answer.name = topic.name
                            answer.partitions = topic.partitions.map { partition in
                                AlterPartitionReassignmentsResponse.Partition { result in
                                    result.index = partition.index
                                    result.errorCode =
                                        partition.replicas == nil ? .noReassignmentInProgress : .none
                                }
                            }
                        }
                    }
                }
            }
            cluster.serve(ListPartitionReassignmentsRequest.self) { _, _ in
                ListPartitionReassignmentsResponse { response in
                    response.topics = [
                        ListPartitionReassignmentsResponse.Topic { topic in
                            topic.name = "t"
                            topic.partitions = [
                                ListPartitionReassignmentsResponse.Partition { partition in
                                    partition.replicas = [1, 2, 3].map { BrokerID(rawValue: $0) }
                                    partition.addingReplicas = [BrokerID(rawValue: 3)]
                                    partition.removingReplicas = [BrokerID(rawValue: 1)]
                                }
                            ]
                        }
                    ]
                }
            }
            let (first, second) = (TopicPartition("t", 0), TopicPartition("t", 1))
            let results = try await client.admin.alterPartitionReassignments(
                [first: [BrokerID(rawValue: 2), BrokerID(rawValue: 3)], second: nil],
                allowsReplicationFactorChange: false)
            #expect(throws: Never.self) { try results[first]?.get() }
            let error = #expect(throws: MartletError.self) { try results[second]?.get() }
            #expect(error?.code == .broker(.noReassignmentInProgress))
            let sent = try #require(try cluster.requests(AlterPartitionReassignmentsRequest.self).first)
            #expect(!sent.allowReplicationFactorChange)
            #expect(sent.topics[0].partitions.map(\.replicas?.count) == [2, nil])
            let moves = try await client.admin.listPartitionReassignments()
            #expect(moves[first]?.adding == [BrokerID(rawValue: 3)])
            #expect(moves[first]?.removing == [BrokerID(rawValue: 1)])
        }
    }

    @Test("copies of partitions are found and moved on the brokers that have them")
    func replicaDirectories() async throws {
        try await ScriptedCluster.run(brokers: 2) { cluster, client in
            cluster.serve(AlterReplicaLogDirsRequest.self) { request, broker in
                AlterReplicaLogDirsResponse { response in
                    response.topics = request.directories.flatMap(\.topics).map { topic in
                        AlterReplicaLogDirsResponse.Topic { answer in
                            answer.name = topic.name
                            answer.partitions = topic.partitions.map { index in
                                AlterReplicaLogDirsResponse.Partition { partition in
                                    partition.index = index
                                    partition.errorCode = broker.rawValue == 1 ? .logDirNotFound : .none
                                }
                            }
                        }
                    }
                }
            }
            cluster.serve(DescribeLogDirsRequest.self) { _, _ in
                DescribeLogDirsResponse { response in
                    response.directories = [("/a", false), ("/b", true)].map { path, isFuture in
                        DescribeLogDirsResponse.Directory { directory in
                            directory.path = path
                            directory.topics = [
                                DescribeLogDirsResponse.Topic { topic in
                                    topic.name = "t"
                                    topic.partitions = [
                                        DescribeLogDirsResponse.Partition { partition in
                                            partition.offsetLag = isFuture ? 12 : 0
                                            partition.isFuture = isFuture
                                        }
                                    ]
                                }
                            ]
                        }
                    }
                }
            }
            let here = PartitionReplica(TopicPartition("t", 0), on: BrokerID(rawValue: 0))
            let there = PartitionReplica(TopicPartition("t", 0), on: BrokerID(rawValue: 1))
            let away = PartitionReplica(TopicPartition("t", 0), on: BrokerID(rawValue: 9))
            let moved = try await client.admin.within(.seconds(20)) { admin throws(MartletError) in
                try await admin.alterReplicaLogDirectories([here: "/b", there: "/b"])
            }
            #expect(cluster.brokers(asked: .alterReplicaLogDirs) == [0, 1])
            #expect(throws: Never.self) { try moved[here]?.get() }
            #expect(throws: MartletError.self) { try moved[there]?.get() }
            let found = try await client.admin.describeReplicaLogDirectories([here])
            let place = try #require(try found[here]?.get())
            #expect(place.path == "/a")
            #expect(place.futurePath == "/b")
            #expect(place.futureLag == 12)
            #expect(found[away] == nil)
        }
    }

    @Test("a streams group is described with its topology and tasks")
    func streams() async throws {
        try await ScriptedCluster.run { cluster, client in
            cluster.serve(StreamsGroupDescribeRequest.self, 0...0) { request, _ in
                StreamsGroupDescribeResponse { response in
                    response.groups = request.groups.map { id in
                        StreamsGroupDescribeResponse.Group { group in
                            group.id = id
                            group.state = "Stable"
                            group.groupEpoch = 4
                            group.topology = StreamsGroupDescribeResponse.Topology { topology in
                                topology.epoch = 2
                                topology.subtopologies = [
                                    StreamsGroupDescribeResponse.Subtopology { part in
                                        part.subtopologyID = "0"
                                        part.sourceTopics = ["in"]
                                    }
                                ]
                            }
                            group.members = [
                                StreamsGroupDescribeResponse.Member { member in
                                    member.id = "m"
                                    member.assignment.activeTasks = [
                                        StreamsGroup.TaskIDs { tasks in
                                            tasks.subtopologyID = "0"
                                            tasks.partitions = [1, 0]
                                        }
                                    ]
                                }
                            ]
                        }
                    }
                }
            }
            let group = try await client.admin.describeStreamsGroup("app")
            #expect(group.state == .stable)
            #expect(group.topologyEpoch == 2)
            #expect(group.subtopologies.map(\.sourceTopics) == [["in"]])
            #expect(group.members.map(\.assignment.active) == [["0": [0, 1]]])
        }
    }
}
