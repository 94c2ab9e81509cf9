import MartletCore
import MartletLog
import MartletRecords
import MartletSimulation
import Testing

@Suite("Recovery")
struct RecoveryTests {
    private func fill(_ harness: LogHarness, _ count: Int, syncing: Bool = true) throws {
        for index in 0..<count { try harness.append(batch(["value \(index)"])) }
        if syncing { try harness.sync() }
    }

    private func damage(of body: () throws -> Void) throws -> (path: String, position: Int64, damage: Damage)?
    {
        do {
            try body()
            return nil
        } catch LogError.damaged(_, let path, let position, let damage) {
            return (path, position, damage)
        }
    }

    @Test("a clean restart keeps everything and reads next to nothing", arguments: Storage.allCases)
    func clean(storage: Storage) throws {
        let harness = try LogHarness(storage) { $0.segmentBytes = 1_000 }
        try fill(harness, 100)
        for _ in 0..<2 {
            try harness.restart()
            #expect(!harness.summary.wasUnclean)
            #expect(harness.summary.bytesRead == 0)
            #expect(try harness.values().count == 100)
            #expect(harness.log.offsets.highWatermark == 100)
        }
        #expect(try harness.append(batch(["next"])).firstOffset == 100)
    }

    @Test("closing gives reserved space back")
    func trimmed() throws {
        let harness = try LogHarness(.posix)
        try fill(harness, 3)
        #expect(try harness.fileSystem.open(harness.path(.log, 0), .readOnly).size() == 4_096 * 2)
        try harness.restart()
        let size = try harness.fileSystem.open(harness.path(.log, 0), .readOnly).size()
        #expect(try size == Int64(3 * batch(["value 0"]).count))
    }

    @Test("a killed process loses nothing, and reserved space is no damage", arguments: Storage.allCases)
    func killed(storage: Storage) throws {
        let harness = try LogHarness(storage) { $0.segmentBytes = 2_000 }
        try fill(harness, 50, syncing: false)
        try harness.crash()
        #expect(harness.summary.wasUnclean)
        #expect(harness.summary.cutReason == nil)
        #expect(try harness.values().count == 50)
        #expect(try harness.append(batch(["next"])).firstOffset == 50)
    }

    @Test("only what may be torn is read", arguments: Storage.allCases)
    func readsTheTail(storage: Storage) throws {
        let harness = try LogHarness(storage) { $0.segmentBytes = 1_000 }
        try fill(harness, 100)
        try harness.crash()
        #expect(harness.summary.segmentsRead == 1)
        #expect(harness.summary.segmentCount > 5)
        #expect(try harness.values().count == 100)
    }

    @Test("a torn batch at the end is cut off and said", arguments: Storage.allCases)
    func tornTail(storage: Storage) throws {
        let harness = try LogHarness(storage) { $0.preallocation.isEnabled = false }
        try fill(harness, 10)
        try harness.append(batch(["lost"]))
        let file = try harness.fileSystem.open(harness.path(.log, 0), .readWrite)
        try file.truncate(to: file.size() - 5)
        try harness.crash()
        #expect(harness.log.offsets.end == 10)
        #expect(harness.summary.cutByteCount == Int64(try batch(["lost"]).count - 5))
        #expect(harness.summary.description.contains("cut off"))
        #expect(try harness.append(batch(["next"])).firstOffset == 10)
        try harness.sync()
        try harness.restart()
        #expect(try harness.values().last == "next")
    }

    @Test(
        "damage below the durable offset stays, is reported, and takes away only what is damaged",
        arguments: [0, 3, 9])
    func damageInTheMiddle(victim: Int) throws {
        let harness = try LogHarness()
        let size = try batch(["value 0"]).count
        try fill(harness, 10)
        harness.log.abandon()
        let disk = try #require(harness.fileSystem as? SimulatedDisk)
        try disk.flipBit(harness.path(.log, 0), at: victim * size + 64)
        let before = try #require(try disk.contents(of: harness.path(.log, 0)))
        try harness.crash()
        let found = try #require(harness.summary.damage.first)
        #expect(harness.summary.damage.count == 1)
        #expect(found.path == harness.path(.log, 0))
        #expect(found.region.offsets == Offset(victim)..<Offset(victim + 1))
        #expect(harness.summary.description.contains(found.path))
        let after = try #require(try disk.contents(of: harness.path(.log, 0)))
        #expect(after[0..<10 * size] == before[0..<10 * size])
        #expect(harness.log.quarantinedSegmentCount == 1)
        #expect(harness.log.damagedOffsetCount == 1)
        // What was acknowledged is never given out again.
        #expect(try harness.append(batch(["next"])).firstOffset == 10)
        try harness.sync()
        for clean in [true, false, true] {
            #expect(try damage { _ = try harness.values(from: Offset(victim)) }?.path == found.path)
            #expect(try harness.values(from: Offset(victim + 1)).count == 10 - victim)
            if victim > 0 {
                #expect(try harness.values(upTo: Offset(victim)).count == victim)
            }
            clean ? try harness.restart() : try harness.crash()
            #expect(harness.log.damagedOffsetCount == 1)
        }
    }

    @Test("a log that is shorter than it was known to be goes on behind what is missing")
    func missingTail() throws {
        let harness = try LogHarness { $0.preallocation.isEnabled = false }
        try fill(harness, 10)
        let file = try harness.fileSystem.open(harness.path(.log, 0), .readWrite)
        try file.truncate(to: Int64(5 * batch(["value 0"]).count))
        try harness.crash()
        #expect(harness.summary.damage.map(\.region.damage) == [.missingTail(end: 5, durable: 10)])
        #expect(try harness.values(upTo: 5).count == 5)
        #expect(try damage { _ = try harness.values(from: 5) } != nil)
        #expect(try harness.append(batch(["next"])).firstOffset == 10)
        try harness.sync()
        #expect(try harness.values(from: 10) == ["next"])
        // All of it.
        harness.log.abandon()
        for base in [Offset(0), 10] {
            try harness.fileSystem.remove(harness.path(.log, base))
        }
        try harness.crash()
        #expect(harness.summary.damage.map(\.region.offsets) == [0..<11])
        #expect(try harness.append(batch(["next"])).firstOffset == 11)
    }

    @Test("indexes that are missing or damaged are made anew", arguments: Storage.allCases)
    func indexes(storage: Storage) throws {
        let harness = try LogHarness(storage) {
            $0.segmentBytes = 2_000
            $0.indexIntervalBytes = 100
        }
        try fill(harness, 100)
        try harness.log.close().perform()
        try harness.fileSystem.remove(harness.path(.index, 0))
        let last = harness.log.activeBaseOffset
        try harness.fileSystem.open(harness.path(.index, last), .replace).write([1, 2, 3], at: 0)
        try harness.fileSystem.open(harness.path(.timeindex, last), .replace).write([9, 9], at: 0)
        let configuration = harness.configuration
        let reopened = try LogHarness.open(
            harness.fileSystem, harness.root, configuration, harness.now, wasClean: true)
        #expect(reopened.summary.rebuiltIndexCount > 0)
        let slice = try reopened.log.read(from: 3, upTo: 100, maxBytes: 90, atLeastOneBatch: true)
        #expect(slice.baseOffset == 3)
    }

    @Test("a directory of unknown origin is cut only at its torn end")
    func foreign() throws {
        let harness = try LogHarness { $0.preallocation.isEnabled = false }
        let size = try batch(["value 0"]).count
        try fill(harness, 10)
        harness.log.abandon()
        try harness.fileSystem.remove(harness.directory + "/" + DurableMark.fileName)
        let file = try harness.fileSystem.open(harness.path(.log, 0), .readWrite)
        try file.truncate(to: file.size() - 1)
        try harness.crash()
        #expect(harness.log.offsets.end == 9)
        harness.log.abandon()
        try harness.fileSystem.remove(harness.directory + "/" + DurableMark.fileName)
        let disk = try #require(harness.fileSystem as? SimulatedDisk)
        try disk.flipBit(harness.path(.log, 0), at: 4 * size + 64)
        try harness.crash()
        #expect(harness.summary.damage.map(\.region.positions) == [Int64(4 * size)..<Int64(5 * size)])
        #expect(harness.log.offsets.end == 9)
        #expect(try harness.values(from: 5).count == 4)
    }

    @Test("a disk that fails a sync takes the log offline, for good, while readers go on")
    func failedSync() throws {
        let harness = try LogHarness()
        let disk = try #require(harness.fileSystem as? SimulatedDisk)
        try fill(harness, 3)
        try harness.append(batch(["unsure"]))
        disk.inject(SimulatedFault(.sync, of: ".log", errno: 5))
        #expect(throws: LogError.self) { try harness.sync() }
        #expect(!harness.log.isWritable)
        #expect(harness.log.beginSync() == nil)
        #expect(throws: LogError.self) { try harness.append(batch(["refused"])) }
        #expect(throws: LogError.self) { try harness.log.close() }
        #expect(try harness.values().count == 3)
        // The page cache still shows the record, and the system would claim to have synced it.
        try harness.crash()
        #expect(harness.log.offsets.end == 3)
    }

    @Test(
        "a full disk refuses appends, keeps what it has, and goes on when there is room",
        arguments: [true, false])
    func fullDisk(preallocates: Bool) throws {
        let harness = try LogHarness { $0.preallocation.isEnabled = preallocates }
        let disk = try #require(harness.fileSystem as? SimulatedDisk)
        try fill(harness, 3)
        disk.capacity = disk.usedByteCount + (preallocates ? 0 : 100)
        var appended = 3
        do {
            while appended < 1_000 {
                try harness.append(batch(["more"]) + batch(["and more"]))
                appended += 2
            }
            Issue.record("the disk never filled up")
        } catch LogError.storageFull {
            #expect(harness.log.offsets.end == Offset(appended))
        }
        try harness.sync()
        #expect(try harness.values().count == appended)
        disk.capacity = .max
        try harness.append(batch(["room"]))
        try harness.sync()
        try harness.crash()
        #expect(try harness.values().count == appended + 1)
    }

    @Test("a log opens and is read on a disk without a free byte", arguments: [true, false])
    func startsOnFullDisk(synced: Bool) throws {
        let harness = try LogHarness { $0.preallocation.isEnabled = false }
        try fill(harness, 10, syncing: synced)
        let disk = try #require(harness.fileSystem as? SimulatedDisk)
        disk.capacity = disk.usedByteCount
        try harness.crash()
        #expect(try harness.values().count == 10)
        #expect(throws: LogError.self) { try harness.append(batch(["refused"])) }
        disk.capacity = .max
        #expect(try harness.append(batch(["room"])).firstOffset == 10)
    }

    @Test("a failed write leaves nothing behind that could pass for a record")
    func failedWrite() throws {
        let harness = try LogHarness { $0.preallocation.isEnabled = false }
        let disk = try #require(harness.fileSystem as? SimulatedDisk)
        let set = try batch(["x"]) + batch(["y"])
        disk.inject(SimulatedFault(.write, of: ".log", errno: 28, writtenByteCount: set.count))
        #expect(throws: LogError.self) { try harness.append(set) }
        try harness.append(batch(["z"]))
        try harness.crash()
        #expect(try harness.values() == ["z"])
    }

    @Test("a segment can be looked at without changing it, and what is behind damage is found")
    func inspection() throws {
        let harness = try LogHarness()
        let size = try batch(["value 0"]).count
        try fill(harness, 10)
        let disk = try #require(harness.fileSystem as? SimulatedDisk)
        try disk.flipBit(harness.path(.log, 0), at: 4 * size + 64)
        var reader = try SegmentReader(disk.open(harness.path(.log, 0), .readOnly), baseOffset: 0)
        var offsets: [Offset] = []
        var damages: [Int64] = []
        while let element = try reader.next() {
            switch element {
            case .batch(let header, let position):
                offsets.append(header.baseOffset)
                #expect(try RecordBatch(reader.bytes(of: header, at: position)).records().all().count == 1)
            case .damage(let position, let damage):
                damages.append(position)
                if case .zeros = damage { break }
                guard try reader.resynchronize() else { break }
                continue
            }
            if damages.count == 2 { break }
        }
        #expect(offsets == [0, 1, 2, 3, 5, 6, 7, 8, 9])
        #expect(damages == [Int64(4 * size), Int64(10 * size)])
    }
}
