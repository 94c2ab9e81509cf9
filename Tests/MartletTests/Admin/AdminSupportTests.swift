import Martlet
import MartletCore
import MartletWire
import Testing

@Suite("Administration of brokers that cannot do all", .timeLimit(.minutes(1)))
struct AdminSupportTests {
    /// A call, and the API that it needs.
    struct Call: Sendable, CustomTestStringConvertible {
        let api: String
        let call: @Sendable (Admin) async throws -> Void

        var testDescription: String { api }
    }

    private static let calls = [
        Call(api: "DescribeAcls") { _ = try await $0.describeACLs() },
        Call(api: "CreateAcls") { _ = try await $0.createACLs([ACL(allow: "User:a", .all, on: .cluster)]) },
        Call(api: "DeleteAcls") { _ = try await $0.deleteACLs(ACLFilter()) },
        Call(api: "DescribeClientQuotas") { _ = try await $0.describeClientQuotas() },
        Call(api: "AlterClientQuotas") {
            _ = try await $0.alterClientQuotas([.user("a"): [.producerByteRate: 1]])
        },
        Call(api: "CreateDelegationToken") { _ = try await $0.createDelegationToken() },
        Call(api: "RenewDelegationToken") { _ = try await $0.renewDelegationToken(hmac: "x") },
        Call(api: "ExpireDelegationToken") { _ = try await $0.expireDelegationToken(hmac: "x") },
        Call(api: "DescribeDelegationToken") { _ = try await $0.describeDelegationTokens() },
        Call(api: "ElectLeaders") { _ = try await $0.electLeaders() },
        Call(api: "AlterPartitionReassignments") {
            _ = try await $0.alterPartitionReassignments([TopicPartition("t", 0): nil])
        },
        Call(api: "ListPartitionReassignments") { _ = try await $0.listPartitionReassignments() },
        Call(api: "DescribeLogDirs") { _ = try await $0.logDirectories() },
        Call(api: "UpdateFeatures") {
            _ = try await $0.updateFeatures(["metadata.version": FeatureUpdate(level: 1)])
        },
        Call(api: "DescribeQuorum") { _ = try await $0.describeMetadataQuorum() },
        Call(api: "AddRaftVoter") {
            _ = try await $0.addRaftVoter(BrokerID(rawValue: 1), directory: .zero, listeners: [:])
        },
        Call(api: "RemoveRaftVoter") {
            _ = try await $0.removeRaftVoter(BrokerID(rawValue: 1), directory: .zero)
        },
        Call(api: "UnregisterBroker") { _ = try await $0.unregisterBroker(BrokerID(rawValue: 1)) },
        Call(api: "ListConfigResources") { _ = try await $0.listConfigResources() },
        Call(api: "StreamsGroupDescribe") { _ = try await $0.describeStreamsGroup("g") },
        Call(api: "LeaveGroup") { _ = try await $0.removeMembers(of: "g", [.member("m")]) },
        Call(api: "CreatePartitions") { _ = try await $0.createPartitions("t", count: 2) },
        Call(api: "DescribeConfigs") { _ = try await $0.describeConfigs(of: .topic("t")) },
        Call(api: "IncrementalAlterConfigs") { _ = try await $0.alterConfigs(of: .topic("t"), [:]) },
    ]

    @Test("what a broker does not serve is an error that names it", arguments: calls)
    func unsupported(call: Call) async throws {
        try await ScriptedCluster.run { _, client in
            let error = await #expect(throws: MartletError.self) { try await call.call(client.admin) }
            #expect(error?.code == .unsupportedByBroker)
            #expect(error?.message.contains(call.api) == true)
        }
    }

    @Test("an older version that would leave out what is meant is not asked")
    func oldVersions() async throws {
        try await ScriptedCluster.run { cluster, client in
            cluster.with { $0.topics["t"] = [BrokerID(rawValue: 0)] }
            let partition = TopicPartition("t", 0)
            cluster.serve(ListOffsetsRequest.self, 1...7) { _, _ in ListOffsetsResponse() }
            cluster.serve(ElectLeadersRequest.self, 0...0) { _, _ in ElectLeadersResponse() }
            cluster.serve(UpdateFeaturesRequest.self, 0...0) { _, _ in UpdateFeaturesResponse() }
            cluster.serve(DeleteTopicsRequest.self, 1...5) { _, _ in DeleteTopicsResponse() }
            let admin = client.admin
            let listed = try await admin.listOffsets([partition: .beginningLocal])
            let offset = #expect(throws: MartletError.self) { try listed[partition]?.get() }
            #expect(offset?.code == .unsupportedByBroker)
            for call: @Sendable () async throws -> Void in [
                { _ = try await admin.electLeaders(of: [partition], .unclean) },
                { try await admin.updateFeatures(["f": FeatureUpdate(level: 1)], validateOnly: true) },
                { _ = try await admin.deleteTopics(ids: [TopicID(high: 1, low: 1)]) },
            ] {
                let error = await #expect(throws: MartletError.self) { try await call() }
                #expect(error?.code == .unsupportedByBroker)
            }
            #expect(try cluster.requests(ElectLeadersRequest.self).isEmpty)
            #expect(try cluster.requests(UpdateFeaturesRequest.self).isEmpty)
            #expect(try cluster.requests(DeleteTopicsRequest.self).isEmpty)
        }
    }

    @Test("a call that may take so long and no longer ends then, and the broker is told the time")
    func within() async throws {
        try await ScriptedCluster.run { cluster, client in
            cluster.serve(CreateTopicsRequest.self) { _, _ in nil }
            let started = ContinuousClock.now
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.within(.milliseconds(200)) { admin throws(MartletError) in
                    try await admin.createTopic("t")
                }
            }
            #expect(error?.code == .timedOut)
            #expect(.now - started < .seconds(25), "the request may take 30 s")
            let request = try #require(try cluster.requests(CreateTopicsRequest.self).first)
            #expect(request.timeoutMs == 200)
        }
    }
}
