import MartletCore
import MartletLog
import MartletSimulation
import Testing

@Suite("The data directory")
struct DataDirectoryTests {
    let disk = SimulatedDisk()

    @Test("a second broker is refused, and told what to do", arguments: Storage.allCases)
    func locked(storage: Storage) throws {
        let harness = try LogHarness(storage)
        let path = harness.root + "/orders-0"
        var first: DataDirectory? = try DataDirectory.open(path, fileSystem: harness.fileSystem)
        #expect(throws: DataDirectoryError.inUse(path)) {
            try DataDirectory.open(path, fileSystem: harness.fileSystem)
        }
        #expect(first?.path == path)
        first = nil
        _ = try DataDirectory.open(path, fileSystem: harness.fileSystem)
    }

    @Test("the clean marker holds for one start")
    func marker() throws {
        #expect(try !DataDirectory.open("/a/b/c", fileSystem: disk).wasCleanShutdown)
        try DataDirectory.open("/a/b/c", fileSystem: disk).writeCleanShutdownMarker()
        #expect(try DataDirectory.open("/a/b/c", fileSystem: disk).wasCleanShutdown)
        #expect(try !DataDirectory.open("/a/b/c", fileSystem: disk).wasCleanShutdown)
    }

    @Test(
        "what was synced in a new directory survives a power cut, and so does the directory",
        arguments: 0..<20)
    func powerLoss(seed: UInt64) throws {
        // Whoever made the directory above may not have synced it.
        if seed.isMultiple(of: 2) { try disk.createDirectory("/a") }
        try DataDirectory.open("/a/b/c", fileSystem: disk).writeMetaProperties(
            MetaProperties(clusterID: "c", nodeID: BrokerID(rawValue: 1), directoryID: "d"))
        let survivor = disk.afterPowerLoss(seed: seed)
        #expect(try DataDirectory.open("/a/b/c", fileSystem: survivor).metaProperties()?.clusterID == "c")
    }

    @Test("checkpoints, ids and properties are found again, in Kafka's form")
    func checkpoints() throws {
        let partition = TopicPartition("a.b-c", 12)
        do {
            let directory = try DataDirectory.open("/data", fileSystem: disk)
            try directory.writeRecoveryPoints([partition: 7, TopicPartition("x", 0): 0])
            try directory.writeLogStartOffsets([partition: 3])
            try directory.writeMetaProperties(
                MetaProperties(
                    clusterID: "AAECAwQFBgcICQoLDA0O_w", nodeID: BrokerID(rawValue: 1), directoryID: "d"))
            try disk.createDirectory(directory.directory(of: partition))
            try directory.writeTopicID(TopicID(high: 1, low: 2), of: partition)
        }
        let directory = try DataDirectory.open("/data", fileSystem: disk)
        #expect(directory.recoveryPoints == [partition: 7, TopicPartition("x", 0): 0])
        #expect(directory.logStartOffsets == [partition: 3])
        #expect(try directory.metaProperties()?.nodeID == BrokerID(rawValue: 1))
        #expect(try directory.metaProperties()?.clusterID == "AAECAwQFBgcICQoLDA0O_w")
        #expect(try directory.partitions() == [partition])
        #expect(try directory.topicID(of: partition) == TopicID(high: 1, low: 2))
        let text = try disk.contents(of: "/data/recovery-point-offset-checkpoint").map(String.init(decoding:))
        #expect(text == "0\n3\na.b-c 12 7\nx 0 0\n#crc32c 0 3899786543\n")
        let id = try disk.contents(of: "/data/a.b-c-12/partition.metadata").map(String.init(decoding:))
        #expect(id == "version: 0\ntopic_id: AAAAAAAAAAEAAAAAAAAAAg")
    }

    @Test("a damaged checkpoint is a remark, not an obstacle")
    func damagedCheckpoint() throws {
        _ = try DataDirectory.open("/data", fileSystem: disk)
        let file = try disk.open("/data/recovery-point-offset-checkpoint", .replace)
        try file.write(Array("0\n9\nx 0 1\n".utf8), at: 0)
        let directory = try DataDirectory.open("/data", fileSystem: disk)
        #expect(directory.recoveryPoints.isEmpty)
        #expect(directory.remarks.count == 1)
    }

    @Test("one flipped bit in a checkpoint is found, and Kafka's, which have no checksum, are read")
    func flippedCheckpoint() throws {
        let path = "/data/log-start-offset-checkpoint"
        let starts = [TopicPartition("x", 0): Offset(17), TopicPartition("y", 3): Offset(1_000_000)]
        try DataDirectory.open("/data", fileSystem: disk).writeLogStartOffsets(starts)
        let count = try #require(try disk.contents(of: path)).count
        for position in 0..<count {
            for bit in 0..<8 {
                try disk.flipBit(path, at: position, bit: bit)
                let directory = try DataDirectory.open("/data", fileSystem: disk)
                #expect(
                    directory.remarks.count == 1
                        || starts.allSatisfy { directory.logStartOffsets[$0.key] == $0.value },
                    "bit \(bit) of byte \(position)")
                directory.unlock()
                try disk.flipBit(path, at: position, bit: bit)
            }
        }
        let file = try disk.open(path, .replace)
        try file.write(Array("0\n1\nx 0 17\n".utf8), at: 0)
        let kafkas = try DataDirectory.open("/data", fileSystem: disk)
        #expect(kafkas.logStartOffsets == [TopicPartition("x", 0): 17])
    }

    @Test("a deleted partition is gone, also when the broker stops in the middle")
    func delete() throws {
        let partition = TopicPartition("orders", 3)
        do {
            let directory = try DataDirectory.open("/data", fileSystem: disk)
            _ = try PartitionLog.open(directory.opening(partition, LogConfiguration()), now: { 0 })
            try directory.delete(partition, unique: "1")
            #expect(try directory.partitions() == [])
            _ = try PartitionLog.open(directory.opening(partition, LogConfiguration()), now: { 0 })
            disk.inject(SimulatedFault(.remove, errno: 5))
            #expect(throws: FileSystemError.self) { try directory.delete(partition, unique: "2") }
        }
        #expect(try disk.list("/data").contains("orders-3.2-delete"))
        #expect(try DataDirectory.open("/data", fileSystem: disk).remarks.count == 1)
        #expect(try disk.list("/data") == [".lock"])
    }
}
