import MartletCore
import Testing

@testable import MartletLog

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("Readers of old records have them brought into the page cache")
struct PageCacheTests {
    @Test("what was dropped from the page cache is seen to be missing, and comes back before it is read")
    func dropped() throws {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let path = directory + "/file"
        defer {
            unlink(path)
            rmdir(directory)
        }
        let file = try PosixFileSystem().open(path, .createIfMissing)
        let size: Int64 = 4 << 20
        try file.write([UInt8](repeating: 7, count: Int(size)), at: 0)
        let wanted: Range<Int64> = 100..<1_000_000
        #expect(file.isCached(0..<size))
        #expect(CacheWarming(file, wanted, end: size) == nil, "all is at hand")
        try file.sync()
        file.dropCache(0..<size)
        // Some file systems live in memory and drop nothing.
        guard let warming = CacheWarming(file, wanted, end: size) else { return }
        #expect(warming.isUrgent)
        warming.perform()
        #expect(file.isCached(wanted))
    }

    @Test("an index leads to the batch, whether each has an entry or many share one")
    func positions() throws {
        var large = OffsetIndex()
        for batch in 1...9 {
            large.append(relativeOffset: UInt32(batch * 10 + 9), position: UInt32(batch) << 20)
        }
        let inLarge = IndexLookup.memory(large, TimeIndex())
        #expect(try inLarge.position(near: 3) == 0)
        #expect(try inLarge.position(near: 35) == 3 << 20)
        #expect(try inLarge.position(near: 39) == 3 << 20)
        #expect(try inLarge.position(near: 40) == 4 << 20)
        var small = OffsetIndex()
        for entry in 1...9 { small.append(relativeOffset: UInt32(entry * 10), position: UInt32(entry) << 12) }
        #expect(try IndexLookup.memory(small, TimeIndex()).position(near: 35) == 3 << 12)
        #expect(try IndexLookup.memory(OffsetIndex(), TimeIndex()).position(near: 35) == 0)
    }
}
