import Glibc
import Testing

@testable import MartletBenchmarks

@Suite struct SealedFilesTests {
    @Test("what was rewritten is measured without the newest segment and without files that are about to go")
    func newestIsLeftOut() throws {
        let directory = try RunDirectory(in: "/tmp")
        #expect(throws: Failure.self) { try SealedFiles(of: "events-0", in: directory.path) }
        try makeDirectory("\(directory.path)/events-0")
        let block = String(repeating: "x", count: 8192)
        for name in [
            "00000000000000000000.log", "00000000000000000000.index", "00000000000000000000.log.deleted",
            "00000000000000000700.log", "00000000000000000700.timeindex", "leader-epoch-checkpoint",
        ] { try writeText(block, to: "\(directory.path)/events-0/\(name)") }
        let files = try SealedFiles(of: "events-0", in: directory.path)
        #expect(files.records == 700)
        #expect(files.segments == 1)
        #expect(files.bytes == 2 * 8192)
    }
}
