import Martlet
import MartletCore
import MartletRecords
import MartletWire
import Testing

@Suite("Share consumers and brokers that change their mind", .timeLimit(.minutes(1)))
struct ShareLeaderTests {
    private static let first = BrokerID(rawValue: 0)
    private static let second = BrokerID(rawValue: 1)

    private static func batch(_ values: [String]) throws -> Bytes {
        var builder = RecordBatchBuilder(capacity: 100)
        for value in values {
            try builder.append(
                key: nil, value: Bytes(value), headers: [], timestamp: Timestamp(rawValue: 1))
        }
        return try builder.build(RecordBatchBuilder.Options())
    }

    /// A group whose one member has the one partition.
    private static func serveGroup(_ cluster: ScriptedCluster) {
        cluster.with { $0.topics["jobs"] = [first] }
        cluster.serve(ShareGroupHeartbeatRequest.self) { request, _ in
            ShareGroupHeartbeatResponse { response in
                response.member = request.member
                response.memberEpoch = request.memberEpoch == .leaving ? .leaving : MemberEpoch(rawValue: 1)
                response.heartbeatIntervalMs = 5_000
                response.assignment = ShareGroupHeartbeatResponse.Assignment { assignment in
                    assignment.topicPartitions = [
                        TopicPartitions { topic in
                            topic.topicID = ScriptedCluster.topicID
                            topic.partitions = [0]
                        }
                    ]
                }
            }
        }
    }

    private static func answer(
        _ fill: (inout ShareFetchResponse.Partition) -> Void
    ) -> ShareFetchResponse {
        ShareFetchResponse { response in
            response.acquisitionLockTimeoutMs = 30_000
            response.topics = [
                ShareFetchResponse.Topic { topic in
                    topic.id = ScriptedCluster.topicID
                    topic.partitions = [ShareFetchResponse.Partition(fill)]
                }
            ]
        }
    }

    private static func records(_ values: [String], acknowledging: ErrorCode = .none) throws
        -> ShareFetchResponse
    {
        let bytes = try batch(values)
        return answer { partition in
            partition.acknowledgeErrorCode = acknowledging
            partition.records = .bytes(bytes)
            partition.acquiredRecords = [
                ShareFetchResponse.AcquiredRecords { run in
                    run.lastOffset = Offset(values.count - 1)
                    run.deliveryCount = 1
                }
            ]
        }
    }

    private static func configuration() -> ShareConsumerConfiguration {
        var configuration = ShareConsumerConfiguration(group: "workers", topics: "jobs")
        configuration.maximumWait = .milliseconds(20)
        return configuration
    }

    @Test("records are asked of the new leader that a broker names in its refusal")
    func newLeader() async throws {
        try await ScriptedCluster.run(brokers: 2) { cluster, client in
            Self.serveGroup(cluster)
            cluster.serve(ShareAcknowledgeRequest.self) { _, _ in ShareAcknowledgeResponse() }
            cluster.serve(ShareFetchRequest.self) { _, broker in
                guard broker == Self.first else { return try Self.records(["a", "b"]) }
                var response = Self.answer { partition in
                    partition.errorCode = .notLeaderOrFollower
                    partition.currentLeader.leader = Self.second
                    partition.currentLeader.leaderEpoch = LeaderEpoch(rawValue: 1)
                }
                response.nodeEndpoints = [
                    NodeEndpoint { endpoint in
                        endpoint.id = Self.second
                        endpoint.host = "127.0.0.1"
                        endpoint.port = Int32(cluster.with { $0.ports[1] })
                    }
                ]
                return response
            }
            try await client.withShareConsumer(Self.configuration()) { consumer in
                let batch = try #require(try await consumer.poll(within: .seconds(30)))
                #expect(batch.map { $0.value.map(String.init(decoding:)) } == ["a", "b"])
            }
            #expect(cluster.brokers(asked: .shareFetch).prefix(2) == [0, 1])
        }
    }

    @Test("a session that the broker has forgotten is opened anew, and what was said by it is known as lost")
    func lostSession() async throws {
        try await ScriptedCluster.run { cluster, client in
            Self.serveGroup(cluster)
            cluster.serve(ShareFetchRequest.self) { request, _ in
                guard request.shareSessionEpoch == 0 else { return Self.answer { _ in } }
                return try Self.records(["a", "b"])
            }
            cluster.serve(ShareAcknowledgeRequest.self) { request, _ in
                ShareAcknowledgeResponse { response in
                    if request.shareSessionEpoch > 0 { response.errorCode = .shareSessionNotFound }
                }
            }
            var configuration = Self.configuration()
            configuration.completion = .explicit
            try await client.withShareConsumer(configuration) { consumer in
                let batch = try #require(try await consumer.poll(within: .seconds(30)))
                let records = Array(batch)
                #expect(consumer.acknowledge(records[0], .accept))
                let results = try await consumer.commit()
                #expect(results.map(\.offsets) == [[0...0]])
                let error = #expect(throws: MartletError.self) { try results.first?.result.get() }
                #expect(error?.code == .broker(.shareSessionNotFound))
                #expect(!consumer.acknowledge(records[1], .accept), "nothing of it is ours any more")
                // A new session: the poll is not refused for what was lost.
                let again = try #require(try await consumer.poll(within: .seconds(30)))
                #expect(again.count == 2)
                consumer.acknowledge(again, .accept)
            }
            let epochs = try cluster.requests(ShareFetchRequest.self).map(\.shareSessionEpoch)
            // What is fetched ahead in a session may come between.
            #expect(epochs.count { $0 == 0 } == 2)
        }
    }

    @Test("damaged records are given back, and the poll says so")
    func damage() async throws {
        try await ScriptedCluster.run { cluster, client in
            Self.serveGroup(cluster)
            cluster.serve(ShareFetchRequest.self) { request, _ in
                guard request.shareSessionEpoch == 0 else { return Self.answer { _ in } }
                var response = try Self.records(["a", "b"])
                var bytes = Array(try Self.batch(["a", "b"]))
                bytes[bytes.count - 1] ^= 1
                response.topics[0].partitions[0].records = .bytes(Bytes(bytes))
                return response
            }
            cluster.serve(ShareAcknowledgeRequest.self) { _, _ in ShareAcknowledgeResponse() }
            try await client.withShareConsumer(Self.configuration()) { consumer in
                let error = await #expect(throws: MartletError.self) {
                    try await consumer.poll(within: .seconds(30))
                }
                #expect(error?.code == .corruptRecords)
                let next = try await consumer.poll(within: .milliseconds(50))
                #expect(next == nil)
            }
            let said = try cluster.requests(ShareFetchRequest.self).flatMap(\.topics).flatMap(\.partitions)
                .flatMap(\.acknowledgementBatches)
            #expect(said.map(\.acknowledgeTypes) == [[.release]])
            #expect(said.map(\.lastOffset) == [1])
        }
    }
}
