import MartletBroker
import MartletCore
import MartletSimulation
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@Suite("Transactions")
struct TransactionTests {
    @Test(
        "when a commit is answered readers see all of it, in every partition, and before that nothing",
        arguments: [1, 3])
    func commit(threads: Int) async throws {
        try await withBroker(settings: ["num.network.threads": "\(threads)"]) { broker in
            let reader = try await Peer.connect(to: broker)
            let topic = try await reader.createTopic("events", partitions: 6)
            var producer = try await TransactionalPeer.begin("orders", with: broker)
            for round in 0..<20 {
                for partition in 0..<6 as Range<PartitionIndex> {
                    #expect(try await producer.produce(["\(round)"], to: topic, partition) == .none)
                    #expect(try await reader.committedValues(topic, partition).count == round)
                }
                #expect(try await producer.end(commits: true) == .none)
                for partition in 0..<6 as Range<PartitionIndex> {
                    #expect(try await reader.committedValues(topic, partition).count == round + 1)
                }
            }
        }
    }

    @Test("what was aborted is never read, and what comes after it is")
    func abort() async throws {
        try await withBroker { broker in
            let reader = try await Peer.connect(to: broker)
            let topic = try await reader.createTopic("events")
            var producer = try await TransactionalPeer.begin("orders", with: broker)
            var other = try await TransactionalPeer.begin("payments", with: broker)
            for round in 0..<10 {
                #expect(try await producer.produce(["lost \(round)"], to: topic) == .none)
                #expect(try await other.produce(["kept \(round)"], to: topic) == .none)
                #expect(try await producer.end(commits: false) == .none)
                #expect(try await other.end(commits: true) == .none)
            }
            #expect(try await reader.committedValues(topic) == (0..<10).map { "kept \($0)" })
        }
    }

    @Test(
        "requests that are sent without waiting are appended in order, although the first has to be admitted")
    func pipelining() async throws {
        try await withBroker(settings: ["num.network.threads": "3"]) { broker in
            let reader = try await Peer.connect(to: broker)
            let topic = try await reader.createTopic("events", partitions: 4)
            var producer = try await TransactionalPeer.begin("orders", with: broker)
            for round in 0..<20 {
                let sent = try (0..<20).map { index in
                    try producer.peer.pending(
                        try producer.request(["\(round) \(index)"], to: topic, PartitionIndex(index % 4)))
                }
                for answer in sent {
                    #expect(try await answer.value().topics[0].partitions[0].errorCode == .none)
                }
                #expect(try await producer.end(commits: true) == .none)
            }
        }
    }

    @Test("a request of an aborted transaction that comes late joins no other transaction")
    func late() async throws {
        try await withBroker { broker in
            let reader = try await Peer.connect(to: broker)
            let topic = try await reader.createTopic("events")
            var producer = try await TransactionalPeer.begin("orders", with: broker)
            #expect(try await producer.produce(["first"], to: topic) == .none)
            let late = try producer.request(["late"], to: topic)
            #expect(try await producer.end(commits: false) == .none)
            #expect(try await producer.send(late) == .invalidProducerEpoch)
            #expect(try await producer.produce(["second"], to: topic) == .none)
            #expect(try await producer.send(late) == .invalidProducerEpoch)
            #expect(try await producer.end(commits: true) == .none)
            #expect(try await producer.send(late) == .invalidProducerEpoch)
            #expect(try await reader.committedValues(topic) == ["second"])
        }
    }

    @Test("an older client writes only to partitions that it has added")
    func verification() async throws {
        try await withBroker { broker in
            let reader = try await Peer.connect(to: broker)
            let topic = try await reader.createTopic("events")
            var producer = try await TransactionalPeer.begin("orders", with: broker)
            let request = try producer.request(["too soon"], to: topic)
            #expect(try await producer.send(request, version: 11) == .transactionAbortable)
            #expect(try await producer.send(request, version: 9) == .invalidTxnState)
        }
    }

    @Test("offsets of a transaction count when it is committed, and keep stable readers waiting until then")
    func offsets() async throws {
        try await withBroker { broker in
            let reader = try await Peer.connect(to: broker)
            let topic = try await reader.createTopic("events")
            var producer = try await TransactionalPeer.begin("copy", with: broker)
            #expect(try await producer.commit(5, of: topic, by: "readers") == .none)
            #expect(try await reader.stableOffset(of: topic, by: "readers").code == .unstableOffsetCommit)
            #expect(try await producer.end(commits: true) == .none)
            #expect(try await reader.stableOffset(of: topic, by: "readers").offset == 5)
            #expect(try await producer.commit(9, of: topic, by: "readers") == .none)
            #expect(try await producer.end(commits: false) == .none)
            #expect(try await reader.stableOffset(of: topic, by: "readers").offset == 5)
        }
    }

    @Test("the second producer of a transactional id fences the first, whose transaction is aborted")
    func fencing() async throws {
        try await withBroker { broker in
            let reader = try await Peer.connect(to: broker)
            let topic = try await reader.createTopic("events")
            var first = try await TransactionalPeer.begin("orders", with: broker)
            #expect(try await first.produce(["lost"], to: topic) == .none)
            var second = try await TransactionalPeer.begin("orders", with: broker)
            #expect(try await second.produce(["kept"], to: topic) == .none)
            #expect(try await first.produce(["zombie"], to: topic) == .invalidProducerEpoch)
            #expect(try await first.end(commits: true) == .producerFenced)
            #expect(try await second.end(commits: true) == .none)
            #expect(try await reader.committedValues(topic) == ["kept"])
        }
    }

    @Test("a transaction that its producer has forgotten is aborted in time")
    func timeout() async throws {
        try await withBroker { broker in
            let reader = try await Peer.connect(to: broker)
            let topic = try await reader.createTopic("events")
            var producer = try await TransactionalPeer.begin("orders", with: broker, timeoutMs: 2_000)
            #expect(try await producer.produce(["forgotten"], to: topic) == .none)
            let plain = try await reader.produce(["plain"], to: topic)
            #expect(plain.errorCode == .none)
            let deadline = ContinuousClock.now + .seconds(20)
            while try await reader.committedValues(topic) != ["plain"] {
                try #require(ContinuousClock.now < deadline, "not within 20 s")
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await producer.end(commits: true) == .transactionAbortable)
            // And then it can go on.
            #expect(try await producer.end(commits: false) == .none)
            #expect(try await producer.produce(["again"], to: topic) == .none)
            #expect(try await producer.end(commits: true) == .none)
            #expect(try await reader.committedValues(topic) == ["plain", "again"])
        }
    }

    @Test("a power cut takes back no outcome, tears no transaction, and leaves none open", arguments: 0..<12)
    func powerLoss(seed: UInt64) async throws {
        let disk = SimulatedDisk()
        var crashed: SimulatedDisk?
        var topic = CreateTopicsResponse.Topic()
        var answered = 0
        try await serve(disk) { broker in
            topic = try await Peer.connect(to: broker).createTopic("events", partitions: 2)
            var producer = try await TransactionalPeer.begin("orders", with: broker)
            for round in 0..<Int(seed % 5) + 2 {
                for partition in 0..<2 as Range<PartitionIndex> {
                    #expect(try await producer.produce(["\(round)"], to: topic, partition) == .none)
                }
                #expect(try await producer.commit(Offset(Int64(round)), of: topic, by: "readers") == .none)
                if round == Int(seed % 5) + 1 {
                    // The cut comes while the last one is being committed.
                    let request = EndTxnRequest {
                        $0.transactionalID = producer.id
                        $0.producerID = producer.producer
                        $0.producerEpoch = producer.epoch
                        $0.commits = true
                    }
                    let pending = try producer.peer.pending(request, version: 5)
                    try await Task.sleep(for: .microseconds(100 * seed))
                    crashed = disk.afterPowerLoss(seed: seed)
                    _ = try await pending.value()
                } else {
                    #expect(try await producer.end(commits: true) == .none)
                    answered += 1
                }
            }
        }
        let expected = (0...answered).map { "\($0)" }
        try await serve(try #require(crashed)) { broker in
            let reader = try await Peer.connect(to: broker)
            // Ends what was going on, one way or the other.
            _ = try await TransactionalPeer.begin("orders", with: broker)
            let first = try await reader.committedValues(topic, 0)
            #expect(first == expected || first == expected.dropLast())
            #expect(try await reader.committedValues(topic, 1) == first)
            let committed = try await reader.stableOffset(of: topic, by: "readers")
            #expect(committed.code == .none)
            #expect(committed.offset == Offset(Int64(first.count - 1)))
        }
    }

    @Test("the level of a feature is told to clients, and stays where an operator has moved it")
    func features() async throws {
        func level(_ peer: Peer) async throws -> Int16? {
            let request = ApiVersionsRequest {
                $0.clientSoftwareName = "test"
                $0.clientSoftwareVersion = "1"
            }
            let response = try await peer.send(request, version: 4)
            return response.finalizedFeatures.first { $0.name == "transaction.version" }?.maxVersionLevel
        }
        func update(_ level: Int16, _ type: FeatureUpgradeType) -> UpdateFeaturesRequest {
            UpdateFeaturesRequest {
                $0.featureUpdates = [
                    .init {
                        $0.feature = "transaction.version"
                        $0.maxVersionLevel = level
                        $0.upgradeType = type
                    }
                ]
            }
        }
        let disk = SimulatedDisk()
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            #expect(try await level(peer) == 2)
            #expect(try await peer.send(update(1, .upgrade)).errorCode == .invalidUpdateVersion)
            #expect(try await peer.send(update(3, .upgrade)).errorCode == .invalidUpdateVersion)
            #expect(try await peer.send(update(1, .safeDowngrade)).errorCode == .none)
            #expect(try await level(peer) == 1)
        }
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            #expect(try await level(peer) == 1)
        }
    }
}
