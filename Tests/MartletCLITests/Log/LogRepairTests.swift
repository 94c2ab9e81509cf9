import Martlet
import MartletLog
import Testing

@testable import MartletCLI

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("log repair")
struct LogRepairTests {
    /// Three batches, the second damaged.
    private func damaged() throws -> (fixture: LogFixture, batch: Int) {
        let fixture = try LogFixture()
        let first = try LogFixture.batch(0)
        var bytes = try first + LogFixture.batch(2) + LogFixture.batch(4)
        bytes[first.count + 70] ^= 1
        try fixture.write(bytes, to: LogFixture.name(0))
        try fixture.writeDurableMark(6)
        return (fixture, first.count)
    }

    private func repair(
        _ fixture: LogFixture, yes: Bool, json: Bool = false
    ) throws -> (totals: LogRepairJob.Totals, text: String) {
        let path = fixture.root + "/output"
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        var job = try LogRepairJob(
            fixture.root, try LogInventory(fixture.root), isConfirmed: yes, isJSON: json,
            output: BufferedOutput(descriptor: descriptor))
        try job.run()
        let text = try #require(try PosixFileSystem().contents(of: path))
        return (job.totals, String(decoding: text))
    }

    @Test("without --yes nothing changes, and what would be lost is said")
    func plan() throws {
        let (fixture, size) = try damaged()
        let file = fixture.partition + "/" + LogFixture.name(0)
        let before = try PosixFileSystem().contents(of: file)
        let (totals, text) = try repair(fixture, yes: false)
        #expect(totals == LogRepairJob.Totals(segments: 1, lostOffsets: 2, cutByteCount: Int64(size)))
        #expect(text.contains(file) && text.contains("offsets 2 to 3") && text.contains("--yes"))
        #expect(text.contains("\(size) bytes") && text.contains("checksum"))
        #expect(try PosixFileSystem().contents(of: file) == before)
        let lines = try repair(fixture, yes: false, json: true).text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].contains(#""firstOffset":2,"nextOffset":4"#))
        #expect(lines[1] == #"{"segments":1,"lostOffsets":2,"cutBytes":\#(size),"repaired":false}"#)
    }

    @Test("with --yes the damage is gone, saved beside the log, and the rest is as it was")
    func repaired() throws {
        let (fixture, size) = try damaged()
        #expect(try repair(fixture, yes: true).text.contains("Repaired 1 segment"))
        let saved = fixture.partition + "/" + LogFixture.name(0) + ".damage-\(size).bin"
        #expect(try PosixFileSystem().contents(of: saved)?.count == size)
        let inventory = try LogInventory(fixture.partition)
        var problems: [LogFinding] = []
        let totals = try withoutActuallyEscaping({ problems.append($0) }) { report in
            var verification = LogVerification(inventory.fileSystem, readsRecords: true, report: report)
            for partition in inventory.partitions { try verification.verify(partition) }
            return verification.totals
        }
        #expect(problems.isEmpty && totals.records == 4)
        #expect(try repair(fixture, yes: false).totals == LogRepairJob.Totals())
    }

    @Test("a directory that a broker uses is refused")
    func locked() throws {
        let (fixture, _) = try damaged()
        let fileSystem = PosixFileSystem()
        let lock = try #require(try fileSystem.lock(fixture.root + "/" + DataDirectory.lockFile))
        for path in [fixture.root, fixture.partition] {
            #expect(throws: CommandFailure.self) {
                _ = try LogRepairJob(path, LogInventory(path), isConfirmed: true, isJSON: false)
            }
        }
        withExtendedLifetime(lock) {}
    }

    @Test("sizes are for people and exact")
    func sizes() {
        #expect(ByteCountText.describe(1) == "1 byte")
        #expect(ByteCountText.describe(1_023) == "1023 bytes")
        #expect(ByteCountText.describe(1_536) == "1.5 KiB (1536 bytes)")
        #expect(ByteCountText.describe(5 << 30) == "5.0 GiB (5368709120 bytes)")
    }
}
