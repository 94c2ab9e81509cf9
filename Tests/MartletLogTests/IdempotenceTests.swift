import MartletCore
import MartletLog
import MartletRecords
import Testing

@Suite("Idempotent producers")
struct IdempotenceTests {
    private func code(_ body: () throws -> AppendResult) throws -> ErrorCode? {
        do {
            _ = try body()
            return nil
        } catch let error as LogError {
            return error.errorCode
        }
    }

    @Test(
        "a batch that is sent again is answered with its first offsets and not appended",
        arguments: Storage.allCases)
    func duplicates(storage: Storage) throws {
        let harness = try LogHarness(storage)
        for index in 0..<6 {
            try harness.append(batch(["a", "b"], producer: 7, sequence: Int32(index * 2)))
        }
        for index in 1..<6 {
            let again = try harness.append(batch(["a", "b"], producer: 7, sequence: Int32(index * 2)))
            #expect(again.isDuplicate)
            #expect(again.firstOffset == Offset(index * 2) && again.nextOffset == Offset(index * 2 + 2))
        }
        #expect(harness.log.offsets.end == 12)
        let tooOld = try code { try harness.append(batch(["a", "b"], producer: 7, sequence: 0)) }
        #expect(tooOld == .outOfOrderSequenceNumber, "only the last five are known")
    }

    @Test("gaps and older epochs are refused; a new epoch begins at sequence 0; strangers may begin anywhere")
    func sequences() throws {
        let harness = try LogHarness()
        try harness.append(batch(["a", "b"], producer: 7, sequence: 0))
        let gap = try code { try harness.append(batch(["c"], producer: 7, sequence: 3)) }
        #expect(gap == .outOfOrderSequenceNumber)
        let lateStart = try code { try harness.append(batch(["c"], producer: 7, epoch: 1, sequence: 2)) }
        #expect(lateStart == .outOfOrderSequenceNumber)
        try harness.append(batch(["c"], producer: 7, epoch: 1, sequence: 0))
        let fenced = try code { try harness.append(batch(["c"], producer: 7, epoch: 0, sequence: 2)) }
        #expect(fenced == .invalidProducerEpoch)
        try harness.append(batch(["d"], producer: 8, sequence: 41))
        #expect(harness.log.offsets.end == 4)
    }

    @Test("sequences go on at 0 after the largest")
    func wrap() throws {
        let harness = try LogHarness()
        try harness.append(batch(["a", "b", "c"], producer: 7, sequence: Int32.max - 1))
        #expect(try harness.append(batch(["a", "b", "c"], producer: 7, sequence: Int32.max - 1)).isDuplicate)
        try harness.append(batch(["d"], producer: 7, sequence: 1))
        try harness.append(batch(["e"], producer: 7, sequence: 2))
        #expect(harness.log.offsets.end == 5)
    }

    @Test(
        "what is known of producers survives clean and unclean restarts", arguments: Storage.allCases,
        [true, false])
    func restart(storage: Storage, clean: Bool) throws {
        let harness = try LogHarness(storage) { $0.segmentBytes = 400 }
        for index in 0..<20 {
            try harness.append(batch(["a"], producer: 7, sequence: Int32(index)))
        }
        try harness.sync()
        for _ in 0..<2 { if clean { try harness.restart() } else { try harness.crash() } }
        #expect(try harness.append(batch(["a"], producer: 7, sequence: 19)).isDuplicate)
        let gap = try code { try harness.append(batch(["a"], producer: 7, sequence: 21)) }
        #expect(gap == .outOfOrderSequenceNumber)
        #expect(try harness.append(batch(["a"], producer: 7, sequence: 20)).firstOffset == 20)
    }

    @Test("a refused write changes nothing that is known of the producer")
    func failedWrite() throws {
        let harness = try LogHarness { $0.segmentBytes = 100_000 }
        try harness.append(batch(["a"], producer: 7, sequence: 0))
        let twice = try batch(["b"], producer: 7, sequence: 1) + batch(["c"], producer: 7, sequence: 5)
        #expect(try code { try harness.append(twice) } == .outOfOrderSequenceNumber)
        #expect(try harness.append(batch(["b"], producer: 7, sequence: 1)).firstOffset == 1)
        let three = try batch(["c"], producer: 7, sequence: 2) + batch(["d"], producer: 7, sequence: 3)
        #expect(try harness.append(three).nextOffset == 4)
    }

    @Test("silent producers are forgotten")
    func expiry() throws {
        let harness = try LogHarness { $0.producerIDExpirationMs = 1_000 }
        try harness.append(batch(["a"], producer: 7, sequence: 0, at: harness.now))
        harness.log.expireProducers(now: harness.now + 999)
        #expect(harness.log.producers[ProducerID(rawValue: 7)] != nil)
        harness.log.expireProducers(now: harness.now + 1_000)
        #expect(harness.log.producers[ProducerID(rawValue: 7)] == nil)
    }

    @Test("a snapshot round-trips, and one that is damaged is not believed")
    func snapshot() throws {
        let harness = try LogHarness()
        for producer in 1..<4 { try harness.append(batch(["a"], producer: Int64(producer), sequence: 5)) }
        let bytes = ProducerSnapshot.encode(harness.log.producers)
        #expect(bytes.withUnsafeBytes { ProducerSnapshot.decode($0) } == harness.log.producers)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            #expect(damaged.withUnsafeBytes { ProducerSnapshot.decode($0) } == nil)
            #expect(bytes[..<index].withUnsafeBytes { ProducerSnapshot.decode($0) } == nil)
        }
    }
}
