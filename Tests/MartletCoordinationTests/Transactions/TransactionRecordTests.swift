import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Records of transactions")
struct TransactionRecordTests {
    private static let key: [UInt8] = [0, 0, 0, 1, 0x61]
    private static let fixed: [UInt8] =
        [0, 1] + [0, 0, 0, 0, 0, 0, 3, 0xe8] + [0, 5] + [0, 0, 0xea, 0x60]
    private static let times: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 7] + [0, 0, 0, 0, 0, 0, 0, 6]

    private static func value(_ status: TransactionStatus) -> TransactionValue {
        TransactionValue {
            $0.producerID = ProducerID(rawValue: 1_000)
            $0.producerEpoch = ProducerEpoch(rawValue: 5)
            $0.timeoutMs = 60_000
            $0.status = status
            $0.lastUpdateTimestamp = 7
            $0.startTimestamp = 6
        }
    }

    @Test("a transaction is written as Apache Kafka writes it")
    func ongoing() throws {
        var value = Self.value(.ongoing)
        value.partitions = [
            .init {
                $0.name = "t"
                $0.partitions = [0, 3]
            }
        ]
        let plain = TransactionRecord("a", value)
        let partitions: [UInt8] = [2, 2, 0x74, 3, 0, 0, 0, 0, 0, 0, 0, 3, 0]
        let (keyBytes, valueBytes) = try plain.encoded()
        #expect([UInt8](keyBytes) == Self.key)
        #expect(valueBytes.map { [UInt8]($0) } == Self.fixed + [1] + partitions + Self.times + [0])
        #expect(try TransactionRecord(key: keyBytes, value: valueBytes) == plain)

        value.previousProducerID = ProducerID(rawValue: 1_000)
        value.nextProducerID = ProducerID(rawValue: 2_000)
        value.clientTransactionVersion = 2
        value.nextProducerEpoch = ProducerEpoch(rawValue: 0)
        value.lastProducerEpoch = ProducerEpoch(rawValue: 4)
        let tagged = TransactionRecord("a", value)
        let bytes = try #require(try tagged.encoded().value)
        let tags: [UInt8] =
            [5, 0, 8, 0, 0, 0, 0, 0, 0, 3, 0xe8] + [1, 8, 0, 0, 0, 0, 0, 0, 7, 0xd0]
            + [2, 2, 0, 2] + [3, 2, 0, 0] + [0xe8, 7, 2, 0, 4]
        #expect([UInt8](bytes) == Self.fixed + [1] + partitions + Self.times + tags)
        #expect(try TransactionRecord(key: keyBytes, value: bytes) == tagged)
    }

    @Test("an id without a transaction has no partitions, and a forgotten one no value")
    func empty() throws {
        let record = TransactionRecord("a", Self.value(.empty))
        let (key, value) = try record.encoded()
        #expect(value.map { [UInt8]($0) } == Self.fixed + [0, 0] + Self.times + [0])
        #expect(try TransactionRecord(key: key, value: value) == record)
        #expect(try TransactionRecord("a", nil).encoded().value == nil)
        #expect(try TransactionRecord(key: key, value: nil) == TransactionRecord("a", nil))
    }

    @Test("records of older brokers are read, those of later ones passed over")
    func versions() throws {
        let old: [UInt8] =
            [0, 0] + Self.fixed.dropFirst(2) + [2] + [0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 1, 0, 0, 0, 3]
            + Self.times
        let record = try #require(try TransactionRecord(key: Bytes(Self.key), value: Bytes(old)))
        #expect(record.value?.status == .prepareCommit)
        #expect(record.value?.partitions?.first?.partitions == [3])
        let later = [UInt8]([0, 2]) + old.dropFirst(2)
        #expect(try TransactionRecord(key: Bytes(Self.key), value: Bytes(later)) == nil)
        #expect(try TransactionRecord(key: Bytes([0, 9, 1, 2, 3]), value: Bytes(old)) == nil)
    }
}
