import MartletCore
import MartletLog
import MartletRecords
import MartletSimulation
import Testing

@Suite("Quarantine")
struct QuarantineTests {
    /// Four segments of sixteen records and an active one, stopped in order and started again.
    private func filled(_ configure: (inout LogConfiguration) -> Void = { _ in }) throws -> (
        harness: LogHarness, disk: SimulatedDisk, size: Int
    ) {
        let size = try batch(["value 00"]).count
        let harness = try LogHarness {
            $0.segmentBytes = size * 16
            $0.indexIntervalBytes = size
            configure(&$0)
        }
        for index in 0..<72 {
            try harness.append(
                batch([index < 10 ? "value 0\(index)" : "value \(index)"], at: harness.now + Int64(index)))
        }
        try harness.sync()
        return (harness, try #require(harness.fileSystem as? SimulatedDisk), size)
    }

    private func survey(_ log: PartitionLog) throws -> [SegmentDamage]? {
        guard let request = log.takeSurvey(now: 1_700_000_000_000) else { return nil }
        let result = Result { () throws(LogError) in try request.perform() }
        log.finishSurvey(request, result)
        return try result.get()
    }

    private func restart(_ harness: LogHarness, _ change: () throws -> Void) throws {
        try harness.log.close().perform()
        try change()
        try harness.reopen(wasClean: true)
    }

    @Test(
        "records that were never checked are checked before they are served, in sealed segments and the active",
        arguments: [(Offset(16), 21), (64, 65)])
    func firstRead(base: Offset, victim: Int) throws {
        let (harness, disk, size) = try filled()
        try restart(harness) {
            try disk.flipBit(harness.path(.log, base), at: (victim - Int(base.rawValue)) * size + 64)
        }
        #expect(harness.summary.damage.isEmpty, "a start after a clean stop reads next to nothing")
        #expect(try harness.values(upTo: Offset(victim)).count == victim)
        #expect(throws: LogError.self) { try harness.values(from: Offset(victim)) }
        let found = try #require(try survey(harness.log))
        #expect(found.map(\.region.offsets) == [Offset(victim)..<Offset(victim + 1)])
        #expect(found.map(\.path) == [harness.path(.log, base)])
        #expect(throws: LogError.self) { try harness.values(from: Offset(victim)) }
        #expect(try harness.values(from: Offset(victim + 1)).count == 71 - victim)
        #expect(try survey(harness.log) == nil, "what is known is not looked for again")
        #expect(try harness.append(batch(["next"])).firstOffset == 72)
        try harness.restart()
        #expect(harness.log.damagedOffsetCount == 1 && harness.log.quarantinedSegmentCount == 1)
        #expect(try harness.values(from: Offset(victim + 1)).count == 72 - victim)
        #expect(try disk.exists(harness.path(.damaged, base)))
    }

    @Test("an offset that has changed is found out, although no checksum covers it", arguments: [0, 7])
    func offset(byte: Int) throws {
        for bit in [0, 3] {
            let (harness, disk, size) = try filled()
            try restart(harness) {
                try disk.flipBit(harness.path(.log, 16), at: 15 * size + byte, bit: bit)
            }
            #expect(try harness.values(upTo: 31).count == 31)
            #expect(throws: LogError.self) { try harness.values(from: 31) }
            #expect(try survey(harness.log)?.map(\.region.offsets) == [31..<32])
            #expect(try harness.values(from: 32).count == 40)
        }
    }

    @Test(
        "an index that is wrong or gone leads nobody astray, and is made anew",
        arguments: [SegmentFile.index, .timeindex], [0, 1, 2, 3, nil])
    func indexes(kind: SegmentFile, bit: Int?) throws {
        let entryByteCount = kind == .index ? 8 : 12
        // The low bytes of both columns of an entry: it leads too far, or claims to be earlier than it is.
        for byte in kind == .index ? [3, 7] : [7, 11] {
            let (harness, disk, size) = try filled()
            let path = harness.path(kind, 16)
            let intact = try #require(try disk.contents(of: path))
            try restart(harness) {
                if let bit {
                    try disk.flipBit(path, at: 6 * entryByteCount + byte, bit: bit)
                } else {
                    try disk.truncate(path)
                }
            }
            for offset in 16..<32 {
                let slice = try harness.log.read(
                    from: Offset(offset), upTo: 72, maxBytes: size, atLeastOneBatch: true)
                #expect(slice.baseOffset == Offset(offset))
                let found = try harness.log.snapshot().offset(forTimestamp: harness.now + Int64(offset))
                #expect(found?.offset == Offset(offset))
            }
            // Without any entry a short segment is read as fast.
            guard kind == .timeindex || bit != nil else { continue }
            #expect(try survey(harness.log) == [])
            #expect(try disk.contents(of: path) == intact)
        }
    }

    @Test(
        "an index of the last segment in which a bit has changed is not taken over at a start",
        arguments: [SegmentFile.index, .timeindex], 0..<4)
    func lastIndex(kind: SegmentFile, bit: Int) throws {
        for byte in kind == .index ? [3, 7] : [7, 11] {
            let (harness, disk, size) = try filled()
            try restart(harness) {
                try disk.flipBit(harness.path(kind, 64), at: (kind == .index ? 8 : 12) + byte, bit: bit)
            }
            for offset in 64..<72 {
                let slice = try harness.log.read(
                    from: Offset(offset), upTo: 72, maxBytes: size, atLeastOneBatch: true)
                #expect(slice.baseOffset == Offset(offset))
                let found = try harness.log.snapshot().offset(forTimestamp: harness.now + Int64(offset))
                #expect(found?.offset == Offset(offset))
            }
        }
    }

    @Test("an index file that is missing is made anew while the log is used")
    func missingIndex() throws {
        let (harness, disk, _) = try filled()
        try harness.restart()
        try disk.remove(harness.path(.index, 16))
        #expect(try harness.values(from: 20).count == 52)
        #expect(try survey(harness.log) == [])
        #expect(try disk.exists(harness.path(.index, 16)))
    }

    @Test("records that are missing at the end of a sealed segment, or with a whole one, are reported")
    func missing() throws {
        let (harness, disk, size) = try filled()
        try restart(harness) {
            try disk.open(harness.path(.log, 0), .readWrite).truncate(to: Int64(12 * size))
            for kind in SegmentFile.allCases { try disk.removeIfPresent(harness.path(kind, 32)) }
        }
        #expect(try harness.values(upTo: 12).count == 12)
        #expect(throws: LogError.self) { try harness.values(from: 12) }
        #expect(try survey(harness.log)?.map(\.region.offsets) == [12..<16])
        #expect(try harness.values(from: 16, upTo: 32).count == 16)
        #expect(throws: LogError.self) { try harness.values(from: 40) }
        #expect(try survey(harness.log)?.map(\.region.offsets) == [32..<48])
        #expect(try harness.values(from: 48).count == 24)
        try harness.restart()
        #expect(harness.log.damage.map(\.region.offsets) == [12..<16, 32..<48])
    }

    @Test("a look-up by time passes over damage once it is known")
    func times() throws {
        let (harness, disk, size) = try filled()
        try restart(harness) { try disk.flipBit(harness.path(.log, 16), at: 4 * size + 30) }
        #expect(throws: LogError.self) { try harness.log.snapshot().offset(forTimestamp: harness.now + 20) }
        #expect(try survey(harness.log)?.count == 1)
        #expect(try harness.log.snapshot().offset(forTimestamp: harness.now + 20)?.offset == 21)
        #expect(try harness.log.snapshot().maxTimestamp()?.offset == 71)
    }

    @Test("what maintenance finds is quarantined, compaction leaves it alone, retention removes it whole")
    func maintenance() throws {
        let (harness, disk, size) = try filled {
            $0.segmentCompression = SegmentCompressionPolicy(.lz4)
            $0.segmentCompression?.minLagMs = 0
        }
        try restart(harness) { try disk.flipBit(harness.path(.log, 0), at: 4 * size + 64) }
        let now = harness.now + 1_000_000
        var view = try #require(harness.log.beginMaintenance())
        var outcome = MaintenanceOutcome()
        let throttle = MaintenanceThrottle(bytesPerSecond: .infinity)
        let failure = #expect(throws: LogError.self) {
            _ = try view.compressNextSegment(now: now, throttle, &outcome)
        }
        harness.log.finishMaintenance(outcome, failure, now: now)
        #expect(try survey(harness.log)?.map(\.region.offsets) == [4..<5])
        view = try #require(harness.log.beginMaintenance())
        outcome = MaintenanceOutcome()
        while try view.compressNextSegment(now: now, throttle, &outcome) {}
        harness.log.finishMaintenance(outcome, nil, now: now)
        #expect(try harness.values(from: 5).count == 67)
        #expect(harness.log.quarantinedSegmentCount == 1)
        _ = try harness.log.deleteRecords(before: 20)
        view = try #require(harness.log.beginMaintenance())
        outcome = MaintenanceOutcome()
        try view.applyRetention(now: harness.now, &outcome)
        harness.log.finishMaintenance(outcome, nil, now: now)
        #expect(harness.log.quarantinedSegmentCount == 0)
        #expect(try !disk.exists(harness.path(.damaged, 0)))
        try harness.restart()
        #expect(harness.log.damage.isEmpty)
    }

    @Test("repair cuts out what is damaged, keeps offsets, saves the bytes, and leaves a sound log")
    func repair() throws {
        let (harness, disk, size) = try filled()
        try harness.log.close().perform()
        try disk.flipBit(harness.path(.log, 16), at: 5 * size + 64)
        try disk.flipBit(harness.path(.log, 64), at: 2 * size + 64)
        try disk.flipBit(harness.path(.index, 32), at: 9)
        let damaged = try #require(try disk.contents(of: harness.path(.log, 16)))
        let repair = try LogRepair(harness.directory, disk)
        let plans = try [Offset(0), 16, 32, 48, 64].map { base throws(FileSystemError) in
            try repair.plan(base)
        }
        #expect(plans.map(\.isEmpty) == [true, false, false, true, false])
        #expect(plans[1].damage.map(\.offsets) == [21..<22] && plans[4].damage.map(\.offsets) == [66..<67])
        #expect(plans[2].wrongFiles == [.index])
        #expect(try disk.contents(of: harness.path(.log, 16)) == damaged, "a plan changes nothing")
        for plan in plans { try repair.perform(plan) }
        let saved = try #require(plans[1].savedPath(of: plans[1].damage[0]))
        #expect(try disk.contents(of: saved) == damaged[5 * size..<6 * size])
        for base in [Offset(0), 16, 32, 48, 64] { #expect(try repair.plan(base).isEmpty) }
        try harness.reopen(wasClean: true)
        #expect(!harness.summary.wasUnclean && harness.log.damage.isEmpty)
        let values = try harness.values()
        #expect(values.count == 70 && !values.contains("value 21") && !values.contains("value 66"))
        #expect(try harness.values(from: 21).first == "value 22")
        #expect(try harness.append(batch(["next"])).firstOffset == 72)
    }
}

extension SimulatedDisk {
    fileprivate func truncate(_ path: String) throws(FileSystemError) {
        try open(path, .readWrite).truncate(to: 0)
    }
}
