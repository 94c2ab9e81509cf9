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
}
