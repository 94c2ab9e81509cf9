import Logging
import MartletBroker
import MartletCore
import MartletSimulation
import MartletTesting
import MartletWire
import Synchronization
import Testing

@Suite("Logs of os durability are brought to the disk in time, however many they are")
struct ManyLogsTests {
    private static let count = 600

    @Test("six hundred logs that were written to survive a power cut some seconds later")
    func powerCut() async throws {
        var crashed: SimulatedDisk?
        var topic = CreateTopicsResponse.Topic()
        try await withSlowDisk { broker, slow in
            let peer = try await Peer.connect(to: broker)
            topic = try await peer.createTopic(
                "events", partitions: Int32(Self.count), configs: ["martlet.durability": "os"])
            let before = slow.syncCounts.withLock { $0 }
            try await fill(topic, peer)
            let deadline = ContinuousClock.now + .seconds(120)
            while slow.syncCounts.withLock({ $0.all }) == before.all, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(50))
            }
            crashed = slow.disk.afterPowerLoss(seed: 1)
            // Not one by one, as this is what costs.
            #expect(slow.syncCounts.withLock { $0.logs } - before.logs <= 200)
        }
        let disk = try #require(crashed)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = try BrokerConfiguration(dataDirectory: "/martlet", logger: logger)
        configuration.fileSystem = disk
        let broker = try await Broker.start(configuration)
        let peer = try await Peer.connect(to: broker)
        for index in 0..<Self.count {
            let values = try await peer.fetch(topic, from: 0, PartitionIndex(index)).values()
            #expect(values == ["event"], "partition \(index)")
        }
        try await broker.shutDown()
    }

    /// One record for each partition.
    private func fill(_ topic: CreateTopicsResponse.Topic, _ peer: Peer) async throws {
        let batch = try Peer.batch(["event"])
        var request = Peer.produceRequest(topic, 0, batch)
        request.topics[0].partitions = (0..<Self.count).map { index in
            var data = ProduceRequest.Partition()
            data.index = PartitionIndex(index)
            data.records = .bytes(batch)
            return data
        }
        let answers = try await peer.send(request).topics[0].partitions
        #expect(answers.allSatisfy { $0.errorCode == .none })
    }
}
