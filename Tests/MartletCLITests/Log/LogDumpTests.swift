import MartletLog
import MartletRecords
import Testing

@testable import MartletCLI

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("log dump")
struct LogDumpTests {
    @Test("a batch is one line that says where it lies and what it holds")
    func batchLine() throws {
        let header = try LogFixture.batch(40, count: 3).withUnsafeBytes { try BatchHeader($0) }
        let line = BatchPlace(file: "x.log", position: 61).line(header)
        #expect(line.hasPrefix("  at 61  offsets 40-42  3 records  "))
        #expect(line.contains("1970-01-01T00:00:01.000Z") && line.hasSuffix("\n"))
    }

    @Test("batches and records of a log come out as JSON, which goes on behind damage")
    func json() throws {
        let fixture = try LogFixture()
        let first = try LogFixture.batch(0)
        var bytes = try first + LogFixture.batch(2) + LogFixture.batch(4, compression: .lz4)
        bytes[first.count + 70] ^= 1
        try fixture.write(bytes, to: LogFixture.name(0))
        let (records, damageCount) = try dump(fixture, showsRecords: true, isJSON: true)
        #expect(damageCount == 1)
        let lines = records.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(
            lines.first == """
                {"topic":"orders","partition":3,"offset":0,"timestamp":1000,"key":"k0","value":"value 0",\
                "headers":[{"name":"h","value":"x"}]}
                """)
        #expect(lines.last?.contains("\"value\":\"value 5\"") == true)
        let batches = try dump(fixture, showsRecords: false, isJSON: true).text.split(separator: "\n")
        #expect(batches.count == 2 && batches[1].contains("\"compression\":\"lz4\""))
    }

    private func dump(
        _ fixture: LogFixture, showsRecords: Bool, isJSON: Bool
    ) throws -> (text: String, damageCount: Int) {
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let inventory = try LogInventory(fixture.partition)
        var dump = LogDump(
            inventory.fileSystem, showsRecords: showsRecords, isJSON: isJSON,
            output: BufferedOutput(descriptor: ends[1]), tells: { _ in })
        for partition in inventory.partitions { try dump.write(partition) }
        try dump.finish()
        close(ends[1])
        // Far less than a pipe holds.
        var text = [UInt8](repeating: 0, count: 60_000)
        let count = try text.withUnsafeMutableBytes {
            try Descriptor.read(ends[0], into: $0, name: "the pipe")
        }
        return (String(decoding: text[..<count], as: UTF8.self), dump.damageCount)
    }
}
