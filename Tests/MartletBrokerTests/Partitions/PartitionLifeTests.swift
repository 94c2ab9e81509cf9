import Logging
import MartletBroker
import MartletCore
import MartletLog
import MartletSimulation
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@Suite("Partitions come and go in order, whatever the disk does")
struct PartitionLifeTests {
    @Test("a stop waits for the sync in flight, and is not clean if it fails")
    func stopDuringSync() async throws {
        let slow = SlowDisk()
        try await serve(slow) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            slow.isSlow.set()
            slow.disk.inject(SimulatedFault(.sync, of: "events-0/00000000000000000000.log", errno: 5))
            #expect(try await peer.produce(["a"], to: topic, acks: .leader).errorCode == .none)
        }
        slow.isSlow.clear()
        try await serve(slow) { broker in
            #expect(broker.startup.recoveredCount == 1)
        }
    }

    @Test("deleting a topic waits for its sync, which must not write into a new topic of that name")
    func deletionDuringSync() async throws {
        let slow = SlowDisk()
        try await serve(slow) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            slow.isSlow.set()
            _ = try await peer.produce(["a", "b", "c"], to: topic, acks: .leader)
            #expect(try await peer.delete("events") == .none)
            slow.isSlow.clear()
            #expect(try await peer.createTopic("events").errorCode == .none)
            try await Task.sleep(for: .milliseconds(500))
            let mark = try slow.contents(of: "/martlet/events-0/\(DurableMark.fileName)")
            #expect(mark.flatMap(DurableMark.decode) == 0)
        }
    }

    @Test("a topic can be created again under a name that had data when the broker started")
    func createdAgain() async throws {
        let disk = SimulatedDisk()
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            _ = try await peer.produce(["a", "b"], to: peer.createTopic("events"))
        }
        var crashed: SimulatedDisk?
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            #expect(try await peer.delete("events") == .none)
            let topic = try await peer.createTopic("events")
            #expect(topic.errorCode == .none)
            #expect(try await peer.produce(["c"], to: topic).baseOffset == 0)
            crashed = disk.afterPowerLoss(seed: 1)
        }
        try await serve(try #require(crashed)) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try #require(try await peer.metadata(["events"]).first)
            var named = CreateTopicsResponse.Topic()
            named.name = "events"
            named.id = topic.id
            #expect(try await peer.fetch(named, from: 0).values() == ["c"])
        }
    }

    @Test("what a deletion could not delete goes at the next start, and the name is free")
    func remains() async throws {
        let disk = SimulatedDisk()
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            _ = try await peer.produce(["a"], to: peer.createTopic("events", partitions: 2))
            disk.inject(SimulatedFault(.rename, of: "events-0", errno: 5))
            #expect(try await peer.delete("events") == .none)
            #expect(try disk.exists("/martlet/events-0"))
        }
        try await serve(disk) { broker in
            #expect(try !disk.exists("/martlet/events-0"))
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            #expect(topic.errorCode == .none)
            #expect(try await peer.produce(["b"], to: topic).baseOffset == 0)
        }
    }

    @Test("when write-back fails, those who wait for the sync are told at once")
    func writeBackFails() async throws {
        let slow = SlowDisk()
        try await serve(slow) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events", configs: ["max.message.bytes": "20000000"])
            slow.isSlow.set()
            slow.disk.inject(SimulatedFault(.writeBack, of: ".log", errno: 5))
            let began = ContinuousClock.now
            let value = String(repeating: "x", count: 9_000_000)
            #expect(try await peer.produce([value], to: topic).errorCode == .kafkaStorageError)
            #expect(ContinuousClock.now - began < .seconds(5))
            slow.isSlow.clear()
        }
    }

    @Test("a partition that is offline at the stop is recovered at the next start, and no other")
    func offlinePartition() async throws {
        let disk = SimulatedDisk()
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            _ = try await peer.createTopic("events", partitions: 2)
        }
        disk.inject(SimulatedFault(.list, of: "events-1", errno: 5))
        try await serve(disk) { broker in
            #expect(broker.startup.partitionCount == 1)
        }
        try await serve(disk) { broker in
            #expect(broker.startup.partitionCount == 2)
            #expect(broker.startup.recoveredCount == 1)
        }
    }

    @Test("a stop that fails in the end still lets go of the data directory")
    func stopFails() async throws {
        let disk = SimulatedDisk()
        let broker = try await Broker.start(configuration(disk))
        disk.inject(SimulatedFault(.sync, of: "recovery-point-offset-checkpoint.tmp", errno: 5))
        await #expect(throws: (any Error).self) { try await broker.shutDown() }
        try await serve(disk) { _ in }
    }

    @Test("a broker whose task is cancelled stops as cleanly as any")
    func cancelled() async throws {
        let disk = SimulatedDisk()
        let broker = try await Broker.start(configuration(disk))
        let peer = try await Peer.connect(to: broker)
        _ = try await peer.produce(["a"], to: peer.createTopic("events"))
        let running = Task { try await broker.run() }
        running.cancel()
        await #expect(throws: Never.self) { try await running.value }
        try await serve(disk) { broker in
            #expect(broker.startup.partitionCount == 1)
            #expect(broker.startup.recoveredCount == 0)
        }
    }

    @Test("many logs that are closed together are clean after a power cut at once, or all recovered")
    func closedTogether() async throws {
        let disk = SimulatedDisk()
        var topic = CreateTopicsResponse.Topic()
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            topic = try await peer.createTopic("events", partitions: 20)
            for index in 0..<20 { _ = try await peer.produce(["a"], to: topic, PartitionIndex(index)) }
        }
        let later = disk.afterPowerLoss(seed: 1)
        try await serve(later) { broker in
            #expect(broker.startup.partitionCount == 20)
            #expect(broker.startup.recoveredCount == 0)
            let peer = try await Peer.connect(to: broker)
            for index in 0..<20 {
                #expect(try await peer.produce(["b"], to: topic, PartitionIndex(index)).baseOffset == 1)
            }
            later.inject(SimulatedFault(.sync, of: "/martlet", errno: 5))
        }
        later.clearFaults()
        try await serve(later) { broker in
            #expect(broker.startup.recoveredCount == 20)
            let peer = try await Peer.connect(to: broker)
            for index in 0..<20 {
                #expect(try await peer.fetch(topic, from: 0, PartitionIndex(index)).values() == ["a", "b"])
            }
        }
    }

    @Test(
        "where files can only be synced one by one, a sync that failed is not taken for done the second time")
    func closedOneByOne() async throws {
        let slow = SlowDisk()
        slow.syncsOneByOne.set()
        try await serve(slow) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events", partitions: 20)
            for index in 0..<20 { _ = try await peer.produce(["a"], to: topic, PartitionIndex(index)) }
            slow.disk.inject(SimulatedFault(.sync, of: "events-3/00000000000000000000.log", errno: 5))
        }
        try await serve(slow) { broker in
            #expect(broker.startup.partitionCount == 20)
            #expect(broker.startup.recoveredCount == 1)
        }
    }

    @Test("a start that fails for its address leaves a clean stop clean")
    func portInUse() async throws {
        let disk = SimulatedDisk()
        try await serve(disk) { broker in
            _ = try await Peer.connect(to: broker).createTopic("events")
        }
        try await withBroker { other in
            var taken = try configuration(disk)
            try taken.settings.set("listeners", "PLAINTEXT://127.0.0.1:\(other.address.port)")
            let configuration = taken
            await #expect(throws: BrokerStartError.self) {
                try await Broker.start(configuration)
            }
        }
        try await serve(disk) { broker in
            #expect(broker.startup.partitionCount == 1)
            #expect(broker.startup.recoveredCount == 0)
        }
    }

    private func configuration(_ disk: any FileSystem) throws -> BrokerConfiguration {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = try BrokerConfiguration(dataDirectory: "/martlet", logger: logger)
        configuration.fileSystem = disk
        return configuration
    }

    private func serve(_ disk: any FileSystem, _ body: (Broker) async throws -> Void) async throws {
        let broker = try await Broker.start(configuration(disk))
        do {
            try await body(broker)
        } catch {
            try? await broker.shutDown()
            throw error
        }
        // Whether a stop was clean is what the next start tells.
        try? await broker.shutDown()
    }
}

extension Peer {
    func delete(_ name: TopicName) async throws -> ErrorCode {
        var topic = DeleteTopicsRequest.Topic()
        topic.name = name
        var request = DeleteTopicsRequest()
        request.topics = [topic]
        return try await send(request).topics[0].errorCode
    }
}
