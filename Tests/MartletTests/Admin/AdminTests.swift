import Martlet
import MartletCore
import MartletWire
import Testing

@Suite("Admin against a model broker", .timeLimit(.minutes(1)))
struct AdminTests {
    @Test("topics are created, listed, described and deleted")
    func topics() async throws {
        try await ModelBroker.run { _, client in
            let created = try await client.admin.createTopic("a", partitions: 3)
            #expect(created.partitionCount == 3)
            try await client.admin.createTopic("b")
            #expect(try await client.admin.listTopics().map(\.name) == ["a", "b"])
            #expect(try await client.admin.describeTopic("a").partitions.map(\.index) == [0, 1, 2])
            let again = await #expect(throws: MartletError.self) { try await client.admin.createTopic("a") }
            #expect(again?.code == .broker(.topicAlreadyExists))
            try await client.admin.deleteTopic("a")
            let gone = await #expect(throws: MartletError.self) { try await client.admin.describeTopic("a") }
            #expect(gone?.code == .unknownTopic)
        }
    }

    @Test("the cluster and its versions are described")
    func cluster() async throws {
        try await ModelBroker.run { broker, client in
            let cluster = try await client.admin.describeCluster()
            #expect(cluster.brokers.map(\.address) == [broker.address])
            let produce = try await client.admin.apiVersions().first { $0.key == 0 }
            #expect(produce?.versions == 0...13)
        }
    }

    @Test("nobody listening is an error that says where")
    func unreachable() async throws {
        var configuration = try ClientConfiguration(bootstrap: "127.0.0.1:1")
        configuration.metadataTimeout = .milliseconds(300)
        try await MartletClient.with(configuration) { client in
            let error = await #expect(throws: MartletError.self) { try await client.admin.listTopics() }
            #expect(error?.code == .connectionFailed)
            #expect(error?.message.contains("127.0.0.1:1") == true)
        }
    }

    @Test(
        "addresses are read as Kafka's tools write them",
        arguments: [
            ("localhost", BrokerAddress(host: "localhost", port: 9092)), ("a:1", .init(host: "a", port: 1)),
            ("[::1]:19092", .init(host: "::1", port: 19092)), ("::1", .init(host: "::1", port: 9092)),
        ])
    func addresses(text: String, address: BrokerAddress) {
        #expect(BrokerAddress(text) == address)
    }

    @Test(
        "what is no address is refused",
        arguments: ["", "a:", "a:0", "a:70000", "a:x", "[::1", "a b:1", ":9092"])
    func noAddresses(text: String) {
        #expect(BrokerAddress(text) == nil)
    }
}
