import MartletCore
import MartletWire
import Testing

@Suite("Catalogue of APIs")
struct CatalogueTests {
    @Test("APIs stand in the order of their keys, each once, and each has a name")
    func order() {
        let keys = APICatalogue.requests.map { $0.key }
        #expect(keys == Set(keys).sorted())
        #expect(keys.allSatisfy { $0.name != nil })
    }

    @Test("names follow the protocol")
    func names() {
        #expect(APIKey.listOffsets.description == "ListOffsets")
        #expect(APIKey.describeTopicPartitions.description == "DescribeTopicPartitions")
        #expect(APIKey(rawValue: 1_000).description == "API 1000")
        #expect(APIKey(rawValue: -1).name == nil)
    }

    @Test("header versions follow from key and version alone")
    func headers() throws {
        let produce = try #require(APIKey.produce.apiDescription)
        #expect(produce.requestHeaderVersion(8) == 1)
        #expect(produce.requestHeaderVersion(9) == 2)
        #expect(produce.responseHeaderVersion(8) == 0)
        #expect(produce.responseHeaderVersion(9) == 1)
        let apiVersions = try #require(APIKey.apiVersions.apiDescription)
        #expect(apiVersions.requestHeaderVersion(4) == 2)
        #expect(apiVersions.responseHeaderVersion(4) == 0)
        #expect(try #require(APIKey.saslHandshake.apiDescription).requestHeaderVersion(1) == 1)
        #expect(APIKey.leaderAndIsr.apiDescription == nil)
        #expect(APIKey(rawValue: -1).apiDescription == nil)
        #expect(APIKey(rawValue: .max).apiDescription == nil)
    }

    /// What librdkafka 2.0 to 2.16, kafka-python 3, aiokafka 0.14 and the Java client 4 send to a broker.
    private static let needed: [(APIKey, ClosedRange<Int16>)] = [
        (.produce, 0...13), (.fetch, 4...18), (.listOffsets, 1...11), (.metadata, 0...13),
        (.offsetCommit, 2...10),
        (.offsetFetch, 1...10), (.findCoordinator, 0...6), (.joinGroup, 0...9), (.heartbeat, 0...4),
        (.leaveGroup, 0...5), (.syncGroup, 0...5), (.describeGroups, 0...6), (.listGroups, 0...5),
        (.saslHandshake, 0...1), (.apiVersions, 0...4), (.createTopics, 2...7), (.deleteTopics, 1...6),
        (.deleteRecords, 0...2), (.initProducerID, 0...5), (.offsetForLeaderEpoch, 2...4),
        (.addPartitionsToTxn, 0...5), (.addOffsetsToTxn, 0...4), (.endTxn, 0...5), (.txnOffsetCommit, 0...5),
        (.describeACLs, 1...3), (.createACLs, 1...3), (.deleteACLs, 1...3), (.describeConfigs, 1...4),
        (.alterConfigs, 0...2), (.describeLogDirs, 1...4), (.saslAuthenticate, 0...2),
        (.createPartitions, 0...3),
        (.deleteGroups, 0...2), (.electLeaders, 0...2), (.incrementalAlterConfigs, 0...1),
        (.offsetDelete, 0...0),
        (.describeCluster, 0...2), (.describeProducers, 0...0), (.listTransactions, 0...2),
        (.consumerGroupHeartbeat, 0...1), (.consumerGroupDescribe, 0...1), (.describeTopicPartitions, 0...0),
        (.shareGroupHeartbeat, 1...1), (.shareFetch, 1...1), (.shareAcknowledge, 1...1),
    ]

    @Test("every version that clients send is there")
    func clientVersions() throws {
        for (key, versions) in Self.needed {
            let api = try #require(key.apiDescription, "\(key) is missing")
            #expect(
                api.versions.contains(versions.lowerBound) && api.versions.contains(versions.upperBound),
                "\(key) has \(api.versions) only")
        }
    }
}
