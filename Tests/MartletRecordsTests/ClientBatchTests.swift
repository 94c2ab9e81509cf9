import MartletCore
import MartletRecords
import Testing

@Suite("Batches of real clients")
struct ClientBatchTests {
    @Test("are accepted and read back to the records they were made of", arguments: ClientBatch.all)
    func reading(client: ClientBatch) throws {
        let bytes = client.bytes
        let header = try bytes.withUnsafeBytes { try BatchHeader.validated($0, from: .client) }
        #expect(header.compression == client.compression)
        #expect(try RecordBatch(bytes).records().all() == ClientBatch.expected)
    }

    @Test("are what the builder writes, byte for byte")
    func writing() throws {
        var options = RecordBatchBuilder.Options()
        options.leaderEpoch = LeaderEpoch(rawValue: 0)
        let built = try RecordBatchTests.build(ClientBatch.expected, options)
        #expect(built == ClientBatch.all.first?.bytes)

        options.isTransactional = true
        options.producerID = ProducerID(rawValue: 4242)
        options.producerEpoch = ProducerEpoch(rawValue: 7)
        options.baseSequence = 2_147_483_646
        #expect(try RecordBatchTests.build(ClientBatch.expected, options) == ClientBatch.transactional.bytes)
    }

    @Test("of a transactional producer say who sent them, and their sequence goes on from 0")
    func transactional() throws {
        let header = try RecordBatch(ClientBatch.transactional.bytes).header
        #expect(header.isTransactional)
        #expect(!header.isControl)
        #expect(header.producerID == ProducerID(rawValue: 4242))
        #expect(header.producerEpoch == ProducerEpoch(rawValue: 7))
        #expect(header.baseSequence == Int32.max - 1)
        #expect(header.lastSequence == 0)
        #expect(header.nextSequence == 1)
    }
}
