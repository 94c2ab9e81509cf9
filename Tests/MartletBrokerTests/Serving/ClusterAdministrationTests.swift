import MartletBroker
import MartletCore
import MartletRecords
import MartletTesting
import MartletWire
import Testing

@Suite("A single broker answers what is asked of clusters")
struct ClusterAdministrationTests {
    private static let here = BrokerID(rawValue: 1)
    private static let elsewhere = BrokerID(rawValue: 7)

    @Test("the sizes of logs follow what is written", arguments: [1, 5] as [Int16])
    func logDirectories(version: Int16) async throws {
        try await withTemporaryDirectory { path in
            try await withBroker(.directory(path)) { broker in
                let peer = try await Peer.connect(to: broker)
                let topic = try await peer.createTopic("events", partitions: 2)
                _ = try await peer.produce([String(repeating: "x", count: 1000)], to: topic)
                var request = DescribeLogDirsRequest()
                request.topics = nil
                let all = try await peer.send(request, version: version)
                let directory = try #require(all.directories.first)
                #expect(directory.path == path && directory.errorCode == .none)
                let sizes = directory.topics.map { $0.partitions.map(\.size) }
                #expect(sizes.count == 1 && sizes[0].count == 2)
                #expect(sizes[0][0] > 1000 && sizes[0][0] < 2000 && sizes[0][1] == 0)
                if version >= 4 {
                    #expect(directory.totalBytes > directory.usableBytes && directory.usableBytes > 0)
                }
                request.topics = [
                    DescribeLogDirsRequest.Topic {
                        $0.name = "events"
                        $0.partitions = [1, 1, 9, -1]
                    },
                    DescribeLogDirsRequest.Topic { $0.name = "nothing" },
                ]
                let some = try await peer.send(request, version: version)
                #expect(some.directories[0].topics.map { $0.partitions.map(\.index) } == [[1]])
            }
        }
    }

    @Test("a partition stays in the one directory there is")
    func moveDirectories() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            _ = try await peer.createTopic("events")
            func directory(_ path: String) -> AlterReplicaLogDirsRequest.Directory {
                AlterReplicaLogDirsRequest.Directory {
                    $0.path = path
                    $0.topics = [
                        AlterReplicaLogDirsRequest.Topic {
                            $0.name = "events"
                            $0.partitions = [0, 1]
                        }
                    ]
                }
            }
            let request = AlterReplicaLogDirsRequest {
                $0.directories = [directory(broker.dataDirectory), directory("/elsewhere")]
            }
            let answer = try await peer.send(request)
            #expect(
                answer.topics.map { $0.partitions.map(\.errorCode) } == [
                    [.none, .unknownTopicOrPartition], [.logDirNotFound, .logDirNotFound],
                ])
        }
    }

    @Test("producers are described by what they wrote last")
    func producers() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            let id = try await peer.send(InitProducerIDRequest()).producerID
            var options = RecordBatchBuilder.Options()
            options.producerID = id
            options.producerEpoch = ProducerEpoch(rawValue: 0)
            options.baseSequence = 0
            let batch = try Peer.batch(["a", "b", "c"], options, firstTimestamp: 1_700_000_000_000)
            let produced = try await peer.send(Peer.produceRequest(topic, 0, batch))
            #expect(produced.topics[0].partitions[0].errorCode == .none)
            let request = DescribeProducersRequest {
                $0.topics = [
                    DescribeProducersRequest.Topic {
                        $0.name = "events"
                        $0.partitions = [0, 0, 1]
                    }
                ]
            }
            let partitions = try await peer.send(request).topics[0].partitions
            #expect(partitions.map(\.errorCode) == [.none, .unknownTopicOrPartition])
            let state = try #require(partitions[0].producers.first)
            #expect(state.producerID == id && state.lastSequence == 2 && state.producerEpoch == 0)
            #expect(state.lastTimestamp == 1_700_000_000_002)
            #expect(state.transactionStartOffset == .none)
        }
    }

    @Test("leaders need no election, and nothing is on the move")
    func placement() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            _ = try await peer.createTopic("events")
            var elections = ElectLeadersRequest()
            elections.topics = [
                ElectLeadersRequest.Topic {
                    $0.name = "events"
                    $0.partitions = [0, 1]
                }
            ]
            let elected = try await peer.send(elections)
            #expect(
                elected.topics[0].partitions.map(\.errorCode) == [
                    .electionNotNeeded, .unknownTopicOrPartition,
                ])
            elections.topics = nil
            #expect(try await peer.send(elections).topics.isEmpty)

            func move(_ index: PartitionIndex, _ replicas: [BrokerID]?)
                -> AlterPartitionReassignmentsRequest.Partition
            {
                AlterPartitionReassignmentsRequest.Partition {
                    $0.index = index
                    $0.replicas = replicas
                }
            }
            let moves = AlterPartitionReassignmentsRequest {
                $0.topics = [
                    AlterPartitionReassignmentsRequest.Topic {
                        $0.name = "events"
                        $0.partitions = [
                            move(0, [Self.here]), move(0, [Self.elsewhere]), move(0, []), move(0, nil),
                            move(3, [Self.here]),
                        ]
                    }
                ]
            }
            let moved = try await peer.send(moves).topics[0].partitions
            #expect(
                moved.map(\.errorCode) == [
                    .none, .invalidReplicaAssignment, .invalidReplicaAssignment, .noReassignmentInProgress,
                    .unknownTopicOrPartition,
                ])
            #expect(try await peer.send(ListPartitionReassignmentsRequest()).topics.isEmpty)
        }
    }
}

@Suite("Quotas are kept")
struct ClientQuotaTests {
    private typealias Part = (type: String, name: String?)

    private static func entry(
        _ entity: [Part], _ operations: [(key: String, value: Double?)]
    ) -> AlterClientQuotasRequest.Entry {
        AlterClientQuotasRequest.Entry {
            $0.entity = entity.map { part in
                AlterClientQuotasRequest.EntityPart {
                    $0.type = part.type
                    $0.name = part.name
                }
            }
            $0.operations = operations.map { operation in
                AlterClientQuotasRequest.Operation {
                    $0.key = operation.key
                    $0.value = operation.value ?? 0
                    $0.removes = operation.value == nil
                }
            }
        }
    }

    private static func alter(
        _ peer: Peer, _ entries: [AlterClientQuotasRequest.Entry], validateOnly: Bool = false
    ) async throws -> [ErrorCode] {
        let request = AlterClientQuotasRequest {
            $0.entries = entries
            $0.validateOnly = validateOnly
        }
        return try await peer.send(request).entries.map(\.errorCode)
    }

    private static func find(
        _ peer: Peer, _ components: [(String, QuotaMatchType, String?)], isStrict: Bool = false
    ) async throws -> [String] {
        let request = DescribeClientQuotasRequest {
            $0.components = components.map { type, match, name in
                DescribeClientQuotasRequest.Component {
                    $0.entityType = type
                    $0.matchType = match
                    $0.match = name
                }
            }
            $0.isStrict = isStrict
        }
        let answer = try await peer.send(request)
        #expect(answer.errorCode == .none)
        return (answer.entries ?? []).map { entry in
            entry.entity.map { "\($0.type)=\($0.name ?? "*")" }.joined(separator: " ")
        }.sorted()
    }

    @Test("a filter finds entities by name, by default and by kind, also after a restart")
    func filters() async throws {
        try await withTemporaryDirectory { directory in
            try await withBroker(.directory(directory)) { broker in
                let peer = try await Peer.connect(to: broker)
                let codes = try await Self.alter(
                    peer,
                    [
                        Self.entry([("user", "ann")], [("producer_byte_rate", 1000)]),
                        Self.entry([("user", nil)], [("producer_byte_rate", 10)]),
                        Self.entry([("user", "ann"), ("client-id", "app")], [("request_percentage", 12.5)]),
                        Self.entry([("ip", "10.0.0.1")], [("connection_creation_rate", 5)]),
                    ])
                #expect(codes == [.none, .none, .none, .none])
            }
            try await withBroker(.directory(directory)) { broker in
                let peer = try await Peer.connect(to: broker)
                #expect(try await Self.find(peer, []).count == 4)
                #expect(try await Self.find(peer, [], isStrict: true).isEmpty)
                let ann = try await Self.find(peer, [("user", .exact, "ann")])
                #expect(ann == ["user=ann", "user=ann client-id=app"])
                #expect(try await Self.find(peer, [("user", .exact, "ann")], isStrict: true) == ["user=ann"])
                #expect(try await Self.find(peer, [("user", .default, nil)]) == ["user=*"])
                #expect(try await Self.find(peer, [("user", .any, nil)]).count == 3)
                let remove = Self.entry([("user", "ann")], [("producer_byte_rate", nil)])
                #expect(try await Self.alter(peer, [remove], validateOnly: true) == [.none])
                #expect(try await Self.find(peer, []).count == 4)
                #expect(try await Self.alter(peer, [remove]) == [.none])
                #expect(try await Self.find(peer, []).count == 3)
            }
        }
    }

    @Test("what cannot be a quota is refused, and the entries beside it are kept")
    func refusals() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let good = Self.entry([("client-id", "app")], [("consumer_byte_rate", 5)])
            let twice = Self.entry([("user", "bob")], [("consumer_byte_rate", 5)])
            let codes = try await Self.alter(
                peer,
                [
                    good, twice, twice,
                    Self.entry([], [("consumer_byte_rate", 5)]),
                    Self.entry([("group", "x")], [("consumer_byte_rate", 5)]),
                    Self.entry([("ip", "not an address")], [("connection_creation_rate", 5)]),
                    Self.entry([("ip", "::1"), ("user", "x")], [("connection_creation_rate", 5)]),
                    Self.entry([("user", "x")], [("connection_creation_rate", 5)]),
                    Self.entry([("user", "x")], [("producer_byte_rate", 1.5)]),
                    Self.entry([("user", "x")], [("producer_byte_rate", -1)]),
                    Self.entry([("user", "x")], [("request_percentage", .nan)]),
                    Self.entry([("user", "")], [("request_percentage", 1)]),
                ])
            #expect(codes.first == ErrorCode.none)
            #expect(codes.dropFirst().allSatisfy { $0 == .invalidRequest })
            #expect(try await Self.find(peer, []) == ["client-id=app"])
        }
    }
}
