import Logging
import MartletBroker
import MartletCore
import MartletLog
import MartletSimulation
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@Suite("Coordinators on their partitions")
struct CoordinatorShellTests {
    @Test("a commit that was acknowledged survives a power cut", arguments: 0..<8 as Range<UInt64>)
    func durable(seed: UInt64) async throws {
        let disk = SimulatedDisk()
        var crashed: SimulatedDisk?
        var topic = CreateTopicsResponse.Topic()
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            topic = try await peer.createTopic("events")
            for offset in 1...20 as ClosedRange<Int64> {
                #expect(
                    try await peer.commit(
                        Offset(rawValue: offset), of: topic, by: "readers", metadata: "m\(offset)") == .none)
            }
            crashed = disk.afterPowerLoss(seed: seed)
        }
        try await serve(try #require(crashed)) { broker in
            let peer = try await Peer.connect(to: broker)
            let committed = try await peer.committed(topic, by: "readers")
            #expect(committed.offset == 20)
            #expect(committed.metadata == "m20")
            #expect(try await peer.committed(topic, by: "others").offset == .none)
        }
    }

    @Test(
        "what is read is durable: no answer is taken back by a power cut", arguments: 0..<8 as Range<UInt64>)
    func readsAreDurable(seed: UInt64) async throws {
        let disk = SimulatedDisk()
        var crashed: SimulatedDisk?
        var seen = Offset.none
        var topic = CreateTopicsResponse.Topic()
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            let other = try await Peer.connect(to: broker)
            topic = try await peer.createTopic("events")
            #expect(try await peer.commit(1, of: topic, by: "readers") == .none)
            for offset in 2...40 as ClosedRange<Int64> {
                _ = try peer.pendingCommit(Offset(rawValue: offset), of: topic, by: "readers")
            }
            seen = try await other.committed(topic, by: "readers").offset
            crashed = disk.afterPowerLoss(seed: seed)
        }
        try await serve(try #require(crashed)) { broker in
            let peer = try await Peer.connect(to: broker)
            #expect(try await peer.committed(topic, by: "readers").offset >= seen)
        }
    }

    @Test(
        "a write that the disk refuses is an error to its sender, and the group goes on from what is stored")
    func refusedWrite() async throws {
        let disk = SimulatedDisk()
        try await serve(disk, settings: ["offsets.topic.num.partitions": "1"]) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            #expect(try await peer.commit(5, of: topic, by: "readers") == .none)
            let noSpace: CInt = 28
            disk.inject(
                SimulatedFault(.write, of: "00000000000000000000.log", errno: noSpace, failures: 1))
            #expect(try await peer.commit(6, of: topic, by: "readers") == .coordinatorNotAvailable)
            // The coordinator comes back by itself.
            try await eventually { try await peer.committed(topic, by: "readers").errorCode == .none }
            #expect(try await peer.committed(topic, by: "readers").offset == 5)
            #expect(try await peer.commit(7, of: topic, by: "readers") == .none)
            #expect(try await peer.committed(topic, by: "readers").offset == 7)
        }
    }

    @Test("many first requests make one topic for the groups, as Apache Kafka would")
    func topic() async throws {
        try await withBroker(settings: ["offsets.topic.num.partitions": "7"]) { broker in
            let peers = try await (0..<8).asyncMap { _ in try await Peer.connect(to: broker) }
            try await withThrowingTaskGroup(of: ErrorCode.self) { group in
                for (index, peer) in peers.enumerated() {
                    group.addTask {
                        try await peer.findCoordinator(of: GroupID(rawValue: "group-\(index)")).errorCode
                    }
                }
                for try await code in group { #expect(code == .none) }
            }
            var topic = MetadataRequest.Topic()
            topic.name = "__consumer_offsets"
            var request = MetadataRequest()
            request.topics = [topic]
            #expect(try await peers[0].send(request).topics[0].partitions.count == 7)
        }
    }

    @Test("a member that waits for others is sent elsewhere when the broker stops, and does not hold it up")
    func stopping() async throws {
        let broker = try await Broker.start(
            configuration([
                "group.initial.rebalance.delay.ms": "60000", "martlet.shutdown.timeout.ms": "60000",
            ]))
        let peer = try await Peer.connect(to: broker)
        _ = try await peer.findCoordinator(of: "readers")
        var way = JoinGroupRequest.GroupProtocol()
        way.name = "range"
        var request = JoinGroupRequest()
        request.group = "readers"
        request.sessionTimeoutMs = 30_000
        request.rebalanceTimeoutMs = 30_000
        request.protocolType = "consumer"
        request.protocols = [way]
        request.member = try await peer.send(request).member
        let join = try peer.pending(request)
        // The request is inside the broker when a later one on the same connection's way has been answered.
        _ = try await Peer.connect(to: broker).findCoordinator(of: "readers")
        let began = ContinuousClock.now
        try await broker.shutDown()
        #expect(began.duration(to: .now) < .seconds(10))
        #expect(try await join.value().errorCode == .notCoordinator)
    }

    private func configuration(_ settings: [String: String]) throws -> BrokerConfiguration {
        var configuration = try BrokerConfiguration(
            dataDirectory: "/martlet", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        for (key, value) in settings { try configuration.settings.set(key, value) }
        configuration.fileSystem = SimulatedDisk()
        return configuration
    }

    private func eventually(_ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try await !condition() {
            try #require(ContinuousClock.now < deadline, "not within 20 s")
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(
        _ transform: (Element) async throws -> Result
    ) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
