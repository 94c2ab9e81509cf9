import MartletCore
import MartletLog
import MartletRecords
import Testing

@Suite("Transactions")
struct TransactionTests {
    @Test(
        "the last stable offset waits for the oldest transaction, and for its marker to be on disk",
        arguments: Storage.allCases)
    func lastStable(storage: Storage) throws {
        let harness = try LogHarness(storage)
        var (one, two) = (TestProducer(1), TestProducer(2))
        try harness.append(batch(["plain"]))
        try one.send(["1a"], to: harness)
        try two.send(["2a"], to: harness)
        try harness.sync()
        #expect(harness.log.offsets.lastStable == 1)
        try harness.end(1, commits: true)
        #expect(harness.log.offsets.lastStable == 1)
        try harness.sync()
        #expect(harness.log.offsets.lastStable == 2, "the second transaction is open")
        try harness.end(2, commits: false)
        try harness.append(batch(["more"]))
        #expect(harness.log.offsets.lastStable == 2, "a power cut could take the marker back")
        try harness.sync()
        #expect(harness.log.offsets.lastStable == harness.log.offsets.highWatermark)
        #expect(try harness.committedValues() == ["plain", "1a", "more"])
    }

    @Test(
        "open and aborted transactions are known again after any restart", arguments: Storage.allCases,
        [true, false])
    func restart(storage: Storage, clean: Bool) throws {
        let harness = try LogHarness(storage) { $0.segmentBytes = 500 }
        var producers = (0..<4).map { TestProducer(Int64($0)) }
        var expected: [String] = []
        for round in 0..<30 {
            let index = round % 4
            try producers[index].send(["\(round)"], to: harness)
            if index < 3 { try harness.end(Int64(index), commits: index < 2) }
            if index < 2 { expected.append("\(round)") }
        }
        try harness.sync()
        #expect(harness.log.offsets.lastStable == 6)
        for _ in 0..<2 { if clean { try harness.restart() } else { try harness.crash() } }
        #expect(harness.log.offsets.lastStable == 6)
        #expect(harness.log.segmentCount > 3)
        try harness.end(3, commits: false)
        try harness.sync()
        for consumer in ReferenceConsumer.allCases {
            #expect(try harness.committedValues(as: consumer) == expected, "as \(consumer)")
        }
    }

    private func code(_ body: () throws -> AppendResult) throws -> ErrorCode? {
        do {
            _ = try body()
            return nil
        } catch let error as LogError {
            return error.errorCode
        }
    }

    private func append(
        _ values: [String], epoch: Int16 = 0, sequence: Int32, with verification: TransactionVerification?,
        to harness: LogHarness
    ) throws -> AppendResult {
        try harness.log.append(
            transactional(values, producer: 1, epoch: epoch, sequence: sequence), origin: .client,
            leaderEpoch: LeaderEpoch(rawValue: 0), now: harness.now, verification: verification)
    }

    private func verify(epoch: Int16 = 0, sequence: Int32, in harness: LogHarness) -> TransactionVerification?
    {
        harness.log.beginVerification(
            of: ProducerID(rawValue: 1), epoch: ProducerEpoch(rawValue: epoch), sequence: sequence)
    }

    @Test("a batch that was delayed until its transaction had ended opens no other")
    func delayedBatch() throws {
        let harness = try LogHarness()
        #expect(try code { try append(["a"], sequence: 0, with: nil, to: harness) } == .invalidTxnState)
        let verification = try #require(verify(sequence: 0, in: harness))
        // The coordinator has said yes, and then has aborted the transaction.
        try harness.end(1, commits: false)
        let late = try code { try append(["a"], sequence: 0, with: verification, to: harness) }
        #expect(late == .invalidTxnState)
        try harness.sync()
        #expect(harness.log.offsets.lastStable == 1)
        let next = try #require(verify(sequence: 0, in: harness))
        #expect(
            try code { try append(["a"], sequence: 0, with: verification, to: harness) } == .invalidTxnState)
        _ = try append(["a"], sequence: 0, with: next, to: harness)
        #expect(verify(sequence: 1, in: harness) == nil, "the transaction is open")
        _ = try append(["b"], sequence: 1, with: nil, to: harness)
    }

    @Test("of batches that are verified together the first comes first")
    func overtaking() throws {
        let harness = try LogHarness()
        let verification = try #require(verify(sequence: 0, in: harness))
        #expect(verify(sequence: 3, in: harness) == verification)
        let early = try code { try append(["d"], sequence: 3, with: verification, to: harness) }
        #expect(early == .outOfOrderSequenceNumber)
        _ = try append(["a", "b", "c"], sequence: 0, with: verification, to: harness)
        _ = try append(["d"], sequence: 3, with: verification, to: harness)
    }

    @Test(
        "a marker with the next epoch ends the old one: nothing of it is accepted, and sequences begin anew")
    func bumpedEpoch() throws {
        let harness = try LogHarness()
        var producer = TestProducer(1)
        try producer.send(["a"], to: harness)
        let tooOld = try code { try harness.end(1, epoch: 0, commits: true, isEpochBumped: true) }
        #expect(tooOld == .invalidProducerEpoch)
        try harness.end(1, epoch: 1, commits: true, coordinator: 4, isEpochBumped: true)
        #expect(try code { try producer.send(["b"], to: harness) } == .invalidProducerEpoch)
        producer.epoch = 1
        #expect(try code { try producer.send(["b"], to: harness) } == .outOfOrderSequenceNumber)
        producer.sequence = 0
        // The coordinator did not hear that the marker was written; another does not know of this one.
        try harness.end(1, epoch: 1, commits: true, coordinator: 4, isEpochBumped: true)
        let fenced = try code {
            try harness.end(1, epoch: 2, commits: true, coordinator: 3, isEpochBumped: true)
        }
        #expect(fenced == .transactionCoordinatorFenced)
        try producer.send(["b"], to: harness)
        let late = try code {
            try harness.end(1, epoch: 1, commits: true, coordinator: 4, isEpochBumped: true)
        }
        #expect(late == .invalidProducerEpoch, "it would end the next transaction")
        #expect(
            try code { try harness.append(batch(["c"], producer: 1, epoch: 1, sequence: 1)) }
                == .invalidTxnState, "not transactional")
    }

    @Test("a batch that is sent again after its transaction has ended is a duplicate")
    func lateDuplicate() throws {
        let harness = try LogHarness()
        var producer = TestProducer(1)
        let first = try producer.send(["a"], to: harness)
        try harness.end(1, commits: true)
        let again = try append(["a"], sequence: 0, with: nil, to: harness)
        #expect(again.isDuplicate && again.firstOffset == first.firstOffset)
    }

    @Test("clients cannot send markers")
    func clientMarker() throws {
        let harness = try LogHarness()
        var producer = TestProducer(1)
        try producer.send(["a"], to: harness)
        try harness.end(1, commits: false)
        let slice = try harness.log.read(from: 1, upTo: 2, maxBytes: 1_000, atLeastOneBatch: true)
        var bytes = [UInt8](try slice.bytes())
        bytes.replaceSubrange(0..<8, with: [UInt8](repeating: 0, count: 8))
        #expect(try code { try harness.append(Bytes(bytes)) } == .invalidRecord)
    }
}
