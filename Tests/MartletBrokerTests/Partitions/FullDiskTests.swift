import Logging
import MartletBroker
import MartletCore
import MartletLog
import MartletRecords
import MartletSimulation
import MartletTesting
import MartletWire
import Testing

@Suite("A disk that is full")
struct FullDiskTests {
    @Test("refuses a change of the metadata, lets topics be deleted, and takes changes when there is room")
    func metadata() async throws {
        var options = SimulatedDisk.Options()
        // Such a disk never has room again for what was deleted.
        options.tracksDurability = false
        let disk = SimulatedDisk(options)
        try await serve(disk, ["log.preallocate": "false"]) { broker in
            let peer = try await Peer.connect(to: broker)
            for index in 0..<4 {
                let topic = try await peer.createTopic(TopicName("events-\(index)"))
                let value = String(repeating: "x", count: 300_000)
                #expect(try await peer.produce([value], to: topic).errorCode == .none)
            }
            disk.capacity = disk.usedByteCount
            // What was reserved may be used up, but never the last of it.
            var refusals = 0
            for round in 0..<3_000 where refusals < 3 {
                let code = try await peer.alter("events-0", ["retention.ms": "\(1_000_000 + round)"])
                if code == .kafkaStorageError { refusals += 1 } else { #expect(code == .none) }
            }
            #expect(refusals == 3)
            #expect(try await peer.delete("events-1") == .none)
            #expect(try await peer.delete("events-2") == .none)
            let topic = try await peer.createTopic("new")
            #expect(topic.errorCode == .none, "\(topic.errorMessage ?? "")")
            #expect(try await peer.produce(["a"], to: topic).errorCode == .none)
        }
        disk.capacity = .max
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            #expect(broker.startup.partitionCount == 3)
            #expect(try await peer.createTopic("later").errorCode == .none)
        }
    }

    @Test("is no reason to refuse changes for ever where space cannot be reserved")
    func withoutReserve() async throws {
        var options = SimulatedDisk.Options()
        options.supportsPreallocation = false
        let disk = SimulatedDisk(options)
        try await serve(disk) { broker in
            let peer = try await Peer.connect(to: broker)
            _ = try await peer.createTopic("events")
            disk.capacity = disk.usedByteCount
            let refused = try await peer.createTopic("refused")
            #expect(refused.errorCode == .kafkaStorageError)
            #expect(refused.errorMessage?.contains("the disk is full") == true)
            disk.capacity = .max
            #expect(try await peer.createTopic("refused").errorCode == .none)
        }
    }

    @Test("is not taken for one by a change that is larger than what is reserved")
    func largeChange() async throws {
        try await serve(SimulatedDisk()) { broker in
            let peer = try await Peer.connect(to: broker)
            #expect(try await peer.createTopic("events", partitions: 3_000).errorCode == .none)
        }
    }

    @Test("leaves nothing of a topic whose partitions it has no room for")
    func topicWithoutRoom() async throws {
        let disk = SimulatedDisk()
        try await serve(disk, ["auto.create.topics.enable": "false"]) { broker in
            let peer = try await Peer.connect(to: broker)
            disk.inject(SimulatedFault(.createDirectory, of: "events-1", errno: 28))
            #expect(try await peer.createTopic("events", partitions: 3).errorCode == .kafkaStorageError)
            #expect(try await peer.metadata(["events"]).first?.errorCode == .unknownTopicOrPartition)
            #expect(try !disk.exists("/martlet/events-0"))
            let topic = try await peer.createTopic("events", partitions: 3)
            #expect(topic.errorCode == .none)
            #expect(try await peer.produce(["a"], to: topic, 2).errorCode == .none)
        }
    }

    @Test("the log of os durability is brought to it as flush.messages and flush.ms say")
    func flush() async throws {
        let disk = SimulatedDisk()
        try await serve(disk, ["martlet.durability": "os"]) { broker in
            let peer = try await Peer.connect(to: broker)
            let none = try await peer.createTopic("none")
            let messages = try await peer.createTopic("messages", configs: ["flush.messages": "2"])
            let time = try await peer.createTopic("time", configs: ["flush.ms": "20"])
            for topic in [none, messages, time] {
                for value in ["a", "b"] { _ = try await peer.produce([value], to: topic) }
            }
            #expect(await eventually { disk.survivors(of: "messages-0") == 2 })
            #expect(await eventually { disk.survivors(of: "time-0") == 2 })
            #expect(disk.survivors(of: "none-0") == 0)
        }
    }

    private func eventually(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<400 {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    private func serve(
        _ disk: SimulatedDisk, _ settings: [String: String] = [:], _ body: (Broker) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = try BrokerConfiguration(dataDirectory: "/martlet", logger: logger)
        for (key, value) in settings { try configuration.settings.set(key, value) }
        configuration.fileSystem = disk
        let broker = try await Broker.start(configuration)
        do {
            try await body(broker)
        } catch {
            try? await broker.shutDown()
            throw error
        }
        try? await broker.shutDown()
    }
}

extension SimulatedDisk {
    /// Records of a partition that every power cut leaves, going by several.
    fileprivate func survivors(of partition: String) -> Int {
        (0..<8).map { seed in
            let disk = afterPowerLoss(seed: UInt64(seed))
            guard let file = try? disk.open("/martlet/\(partition)/00000000000000000000.log", .readOnly),
                let size = try? file.size()
            else { return 0 }
            let storage = Bytes.Storage(capacity: Int(size))
            guard let count = try? file.read(into: storage.memory, at: 0) else { return 0 }
            return Bytes(storage: storage, start: 0, count: count).recordCount()
        }.min() ?? 0
    }
}

extension Bytes {
    /// Records of the whole and undamaged batches at the start.
    fileprivate func recordCount() -> Int {
        withUnsafeBytes { bytes in
            var cursor = BatchCursor(bytes)
            var count = 0
            while let batch = try? cursor.next(),
                (try? batch.header.validate(cursor[batch], from: .log)) != nil
            {
                count += Int(batch.header.recordCount)
            }
            return count
        }
    }
}
