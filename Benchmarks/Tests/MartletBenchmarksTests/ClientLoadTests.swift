import CClientLoad
import Glibc
import Testing

@testable import MartletBenchmarks

@Suite struct ClientLoadTests {
    @Test("what is asked of malloc is counted, whoever asks")
    func allocations() {
        let before = allocation_count()
        let blocks = (1...100).map { malloc($0) }
        let counted = allocation_count() - before
        for block in blocks { free(block) }
        #expect(counted >= 100)
    }

    @Test(
        "values differ, are as long as was asked, and are the same for both clients",
        arguments: [16, 100, 1024])
    func values(length: Int) {
        let values = client_values_make(length)
        let again = client_values_make(length)
        #expect(values.length == length)
        #expect(memcmp(values.bytes, again.bytes, values.count * length) == 0)
        #expect(memcmp(values.bytes, values.bytes + (values.count - 1) * length, length) != 0)
    }

    @Test("the client is selected as one")
    func selection() {
        let names = Measurement.names(selectedBy: "client")
        #expect(names.contains("client-produce-1k"))
        #expect(names.contains("client-consume-100b"))
        #expect(Measurement.names(selectedBy: "client-produce-1k") == ["client-produce-1k"])
    }
}
