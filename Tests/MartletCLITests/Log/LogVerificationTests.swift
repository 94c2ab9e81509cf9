import Martlet
import MartletLog
import Testing

@testable import MartletCLI

@Suite("log verify")
struct LogVerificationTests {
    @Test("an intact log has nothing to report, and its batches and records are counted")
    func intact() throws {
        let fixture = try LogFixture()
        try fixture.write(
            try LogFixture.batch(0) + LogFixture.batch(2, count: 3, compression: .zstd),
            to: LogFixture.name(0))
        try fixture.write(try LogFixture.batch(5), to: LogFixture.name(5))
        // Two entries: the batches of offset 1 at position 0 would be too early for an index, but not wrong.
        let second = UInt32(try LogFixture.batch(0).count)
        try fixture.write(
            LogFixture.bigEndian(1) + LogFixture.bigEndian(0) + LogFixture.bigEndian(4)
                + LogFixture.bigEndian(second),
            to: LogFixture.name(0, "index"))
        let (totals, findings) = try verify(fixture)
        #expect(findings.allSatisfy { $0.severity == .note && $0.message.contains("rebuilt") })
        #expect(totals.segments == 2 && totals.batches == 3 && totals.records == 7 && totals.problems == 0)
    }

    @Test("a flipped bit is one problem with file and position, and what follows is still read")
    func flippedBit() throws {
        let fixture = try LogFixture()
        let first = try LogFixture.batch(0)
        var bytes = try first + LogFixture.batch(2) + LogFixture.batch(4)
        bytes[first.count + 70] ^= 1
        try fixture.write(bytes, to: LogFixture.name(0))
        let (totals, findings) = try verify(fixture)
        #expect(totals.problems == 1 && totals.batches == 2)
        let finding = try #require(findings.first)
        #expect(finding.position == Int64(first.count) && finding.message.contains("offset 2"))
        #expect(
            finding.line.hasPrefix(
                fixture.partition + "/" + LogFixture.name(0) + ":\(first.count): problem: "))
    }

    @Test("a tail that was never acknowledged is a note, acknowledged records that are missing are a problem")
    func tornTail() throws {
        let fixture = try LogFixture()
        try fixture.write(try LogFixture.batch(0) + LogFixture.batch(2).dropLast(5), to: LogFixture.name(0))
        #expect(try verify(fixture).totals.problems == 1, "nothing is known of what was acknowledged")
        try fixture.writeDurableMark(2)
        let (totals, findings) = try verify(fixture)
        #expect(totals.problems == 0 && findings.map(\.severity) == [.note])
        try fixture.writeDurableMark(4)
        #expect(try verify(fixture).totals.problems == 2)
    }

    @Test("reserved space is no damage in the last segment, and is in any other")
    func reservedSpace() throws {
        let fixture = try LogFixture()
        let zeros = [UInt8](repeating: 0, count: 5_000)
        try fixture.write(try LogFixture.batch(0) + zeros, to: LogFixture.name(0))
        #expect(try verify(fixture).findings.isEmpty)
        try fixture.write(try LogFixture.batch(2), to: LogFixture.name(2))
        #expect(try verify(fixture).totals.problems == 1)
    }

    @Test("a seam that leaves records out is a problem where compaction cannot be the reason")
    func seams() throws {
        let fixture = try LogFixture()
        try fixture.write(try LogFixture.batch(0), to: LogFixture.name(0))
        try fixture.write(try LogFixture.batch(5), to: LogFixture.name(5))
        #expect(
            try verify(fixture).findings.contains { $0.severity == .note && $0.message.contains("2 to 5") })
        try fixture.writeDurableMark(7)
        #expect(try verify(fixture).totals.problems == 1)
    }

    @Test("an index that leads astray is a problem")
    func index() throws {
        let fixture = try LogFixture()
        try fixture.write(try LogFixture.batch(0) + LogFixture.batch(2), to: LogFixture.name(0))
        for (offset, position) in [(UInt32(1), UInt32(7)), (9, 0), (1, 100_000)] {
            try fixture.write(
                LogFixture.bigEndian(offset) + LogFixture.bigEndian(position), to: LogFixture.name(0, "index")
            )
            #expect(try verify(fixture).totals.problems == 1, "offset \(offset) at \(position)")
        }
        try fixture.write([1, 2, 3], to: LogFixture.name(0, "timeindex"))
        #expect(try verify(fixture).totals.problems == 2)
    }

    @Test(
        "a path may be a segment, a partition or a data directory, and anything else is refused with advice")
    func inventory() throws {
        let fixture = try LogFixture()
        try fixture.write(try LogFixture.batch(0), to: LogFixture.name(0))
        try fixture.write(try LogFixture.batch(2), to: LogFixture.name(2))
        let segment = try LogInventory(fixture.partition + "/" + LogFixture.name(0)).partitions
        #expect(segment.map(\.segments) == [[0]] && segment[0].lastSegment == 2)
        for path in [fixture.partition + "/", fixture.root] {
            let partitions = try LogInventory(path).partitions
            #expect(partitions.map(\.segments) == [[0, 2]])
            #expect(partitions[0].partition == TopicPartition("orders", 3))
        }
        #expect(throws: CommandFailure.self) { try LogInventory(fixture.root + "/nothing") }
        #expect(throws: CommandFailure.self) { try LogInventory("/etc") }
    }

    private func verify(
        _ fixture: LogFixture
    ) throws -> (totals: LogVerification.Totals, findings: [LogFinding]) {
        var findings: [LogFinding] = []
        let inventory = try LogInventory(fixture.partition)
        let totals = try withoutActuallyEscaping({ findings.append($0) }) { report in
            var verification = LogVerification(inventory.fileSystem, readsRecords: true, report: report)
            for partition in inventory.partitions { try verification.verify(partition) }
            return verification.totals
        }
        return (totals, findings)
    }
}
