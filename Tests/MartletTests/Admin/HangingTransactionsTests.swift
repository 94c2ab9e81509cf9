import Martlet
import MartletCore
import Testing

@testable import Martlet

@Suite("Hanging transactions")
struct HangingTransactionsTests {
    private static func open(_ partition: PartitionIndex, producer: Int64) -> OpenTransaction? {
        OpenTransaction(
            ProducerDescription(
                id: ProducerID(rawValue: producer), epoch: ProducerEpoch(rawValue: 0), lastSequence: 3,
                lastTimestamp: Timestamp(rawValue: 0), coordinatorEpoch: nil, transactionStart: 7),
            in: TopicPartition("orders", partition))
    }

    private static func coordinated(
        _ id: TransactionalID, producer: Int64, in partitions: [PartitionIndex]
    ) -> TransactionDescription {
        TransactionDescription(
            id: id, state: .ongoing, producerID: ProducerID(rawValue: producer),
            producerEpoch: ProducerEpoch(rawValue: 0), timeout: .seconds(60), startTime: nil,
            partitions: partitions.map { TopicPartition("orders", $0) }, coordinator: BrokerID(rawValue: 1))
    }

    @Test("hang where no coordinator counts the partition among theirs, and only there")
    func coordinatorKnows() throws {
        let transactions = try [
            #require(Self.open(0, producer: 1)), #require(Self.open(1, producer: 1)),
            #require(Self.open(0, producer: 2)),
        ]
        let known = [ProducerID(rawValue: 1): Self.coordinated("copier", producer: 1, in: [0, 5])]
        let hanging = HangingTransactions.among(transactions, known)
        #expect(hanging.map(\.partition.partition) == [1, 0])
        #expect(hanging.map(\.producer.id.rawValue) == [1, 2])
        #expect(hanging.map(\.id) == ["copier", nil], "who it belongs to is told where somebody knows")
    }

    @Test("a producer without an open transaction has none to hang")
    func notOpen() {
        var producer = ProducerDescription(
            id: ProducerID(rawValue: 1), epoch: ProducerEpoch(rawValue: 0), lastSequence: 3,
            lastTimestamp: nil, coordinatorEpoch: 4, transactionStart: nil)
        #expect(OpenTransaction(producer, in: TopicPartition("orders", 0)) == nil)
        producer.transactionStart = 12
        #expect(OpenTransaction(producer, in: TopicPartition("orders", 0))?.start == 12)
    }
}
